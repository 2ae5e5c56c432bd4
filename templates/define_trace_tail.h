
/*
 * TRACE_SYSTEM_VAR is for the system that set it, not for the next one. A
 * header that is being reread still needs it.
 */
#ifndef TRACE_HEADER_MULTI_READ
#undef TRACE_SYSTEM_VAR
#endif
