#!/bin/sh
# A chip of simulated GPIO lines, made through configfs and moved through sysfs.
#   gpio_sim.sh make            makes the chip
#   gpio_sim.sh toggle COUNT    makes its first line an output and flips it COUNT times
#   gpio_sim.sh trace COUNT     does both with all gpio events on and prints the trace
set -eu
config=/sys/kernel/config/gpio-sim/tracecfg
tracing=/sys/kernel/tracing

make() {
	mkdir "$config" "$config/bank"
	echo 4 >"$config/bank/num_lines"
	echo 1 >"$config/live"
}

toggle() {
	device=$(cat "$config/dev_name")
	set -- "$1" /sys/devices/platform/"$device"/gpio/gpiochip*/base
	line=$(cat "$2")
	echo "$line" >/sys/class/gpio/export
	gpio=/sys/class/gpio/gpio$line
	echo out >"$gpio/direction"
	value=0
	for _ in $(seq "$1"); do
		value=$((1 - value))
		echo "$value" >"$gpio/value"
	done
	echo "$line" >/sys/class/gpio/unexport
}

case $1 in
make) make ;;
toggle) toggle "$2" ;;
trace)
	make
	echo 1 >"$tracing/events/gpio/enable"
	toggle "$2"
	echo 0 >"$tracing/events/gpio/enable"
	cat "$tracing/trace"
	;;
esac
