#endif /* !TRACEPOINTS_ENABLED */

/* Each as TRACE_SYSTEM_ENABLED says when it is expanded */
{% for name in names -%}
#define {{ name }} __TRACE_CHOOSE({{ name }}_)
{% endfor %}
