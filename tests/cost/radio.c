/* What the kernel's macros make of two systems, in one source file: radio has a class of two events
 * and a bare tracepoint, radio-lamp an event of its own. */
#define USED __attribute__((used))

struct tracepoint { const char *name; int enabled; int pad; void *rest[7]; };
#ifdef OTHER_LAYOUT
#define MORE void *more[2];
#define NO_MORE { 0 },
#else
#define MORE
#define NO_MORE
#endif
struct trace_event_class { MORE const char *system; void *rest[8]; };
struct trace_event_call {
	MORE
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
		{ NO_MORE str__##var##__trace_system_name }; \
	static USED int perf_trace_##name(int value) { return value + 1; }
#define EVENT(name, of) \
	static struct trace_event_call event_##name USED = \
		{ NO_MORE { 0 }, &event_class_##of, &__tracepoint_##name };

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
#ifdef ABSOLUTE
#define ENTRY ".quad 1b, %l[on], __tracepoint_lamp_blink + 8\n"
#elif defined(ODD)
#define ENTRY ".long 5, 5, 5, 5, 5\n"
#else
#define ENTRY ".long 1b - ., %l[on] - .\n.quad __tracepoint_lamp_blink + 8 - .\n"
#endif
#ifdef SITES
/* what objtool lists of the code behind the branch: a call, and a static call of somebody else */
#define LISTED __asm__ volatile("2: nop\n" \
	".pushsection .call_sites, \"a\"\n.long 2b - .\n.popsection\n" \
	".pushsection .static_call_sites, \"aw\"\n.long 2b - ., shown - .\n.popsection\n");
#else
#define LISTED
#endif
/* with it: a nop, and where it jumps to once the key is on */
int blink(int value)
{
	__asm__ goto("1: .byte 0x0f, 0x1f, 0x44, 0x00, 0x00\n"
		     ".pushsection __jump_table, \"aw\"\n"
		     ENTRY
		     ".popsection\n" : : : : on);
	return work(value);
on:
	LISTED
	__traceiter_lamp_blink(shown, value);
	return work(value);
}
extern char __start___jump_table[], __stop___jump_table[];
const void *volatile bounds[] = { __start___jump_table, __stop___jump_table };
#endif
