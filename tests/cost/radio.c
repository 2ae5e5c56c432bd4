/* What the kernel's macros make of two systems, in one source file: radio has a class of two events
 * and a bare tracepoint, radio-lamp an event of its own. */
#define USED __attribute__((used))

struct tracepoint { const char *name; int enabled; int pad; void *rest[7]; };
struct trace_event_class { const char *system; void *rest[8]; };
struct trace_event_call {
	void *list[2];
	struct trace_event_class *class;
	struct tracepoint *tp;
	char rest[88];
};
struct trace_print_flags { unsigned long mask; const char *name; };
struct trace_eval_map { const char *system, *eval_string; unsigned long eval_value; };

#define SYSTEM(var, name) \
	static const char str__##var##__trace_system_name[] USED = name;
#define TRACEPOINT(name) \
	static const char __tpstrtab_##name[] USED = #name; \
	struct tracepoint __tracepoint_##name = { __tpstrtab_##name }; \
	__attribute__((noinline)) int __traceiter_##name(const void *data, int value) \
	{ \
		__asm__ volatile("" : : "r"(data)); \
		return value; \
	}
#define CLASS(name, var) \
	static struct trace_event_class event_class_##name USED = \
		{ str__##var##__trace_system_name }; \
	static USED int perf_trace_##name(int value) { return value + 1; }
#define EVENT(name, of) \
	static struct trace_event_call event_##name USED = \
		{ { 0 }, &event_class_##of, &__tracepoint_##name };

SYSTEM(radio, "radio")
TRACEPOINT(radio_on)
TRACEPOINT(radio_off)
CLASS(radio_state, radio)
EVENT(radio_on, radio_state)
EVENT(radio_off, radio_state)
#ifndef NO_BARE
TRACEPOINT(radio_bare)
#endif

SYSTEM(radio_lamp, "radio-lamp")
TRACEPOINT(lamp_blink)
CLASS(lamp_blink, radio_lamp)
EVENT(lamp_blink, lamp_blink)
const void *__tracepoint_ext_lamp_blink[3] = { (void *)1 };

static struct trace_eval_map __TRACE_SYSTEM_RED USED =
	{ str__radio_lamp__trace_system_name, "RED", 1 };
static struct trace_eval_map *TRACE_SYSTEM_RED USED = &__TRACE_SYSTEM_RED;

const void *volatile shown;
static USED int trace_raw_output_lamp_blink(int value)
{
	static const struct trace_print_flags symbols[] = { { 1, "red" }, { 2, "green" } };

	shown = symbols;
	return value;
}

/* names like those of tracepoints that are of none */
long event_mutex = 1;
static USED int perf_trace_init(int value) { return value; }
static USED const long symbols[4] = { 1 };

const char linux_banner[] = "Linux version 6.12.0";

int work(int value);
__asm__(".text\n.globl work\nwork: ret\n");

#ifdef CALLS
/* without CONFIG_JUMP_LABEL: the key's counter is compared */
int tune(int value)
{
	work(value);
	if (__builtin_expect(__tracepoint_radio_on.enabled > 0, 0))
		__traceiter_radio_on(shown, value);
	return work(value + 1);
}
#endif

#ifdef JUMPS
/* with it: a nop, and where it jumps to once the key is on */
int blink(int value)
{
	__asm__ goto("1: .byte 0x0f, 0x1f, 0x44, 0x00, 0x00\n"
		     ".pushsection __jump_table, \"aw\"\n"
		     ".long 1b - ., %l[on] - .\n"
		     ".quad __tracepoint_lamp_blink + 8 - .\n"
		     ".popsection\n" : : : : on);
	return work(value);
on:
	__traceiter_lamp_blink(shown, value);
	return work(value);
}
extern char __start___jump_table[], __stop___jump_table[];
const void *volatile bounds[] = { __start___jump_table, __stop___jump_table };
#endif
