package web

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// clockTicks is the unit of times in /proc, a second's part: the same on every Linux.
const clockTicks = 100

// processMetrics adds what the kernel and Go's runtime say of this process, under the names that all of Prometheus'
// clients use. What a system without /proc does not say is left out.
func processMetrics(e *exposition) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	e.gauge("go_info", "Version of Go that the program was built with.", of(1, "version", runtime.Version()))
	e.gauge("go_goroutines", "Goroutines that exist.", of(runtime.NumGoroutine()))
	e.gauge("go_memstats_alloc_bytes", "Bytes of Go's heap in use.", of(m.Alloc))
	e.gauge("go_memstats_sys_bytes", "Bytes that Go's runtime has from the system.", of(m.Sys))
	stat := statFields()
	at := func(n int) (x float64) { // field n as proc(5) numbers them
		if n-3 < len(stat) {
			x, _ = strconv.ParseFloat(stat[n-3], 64)
		}
		return x
	}
	if len(stat) > 0 {
		e.counter("process_cpu_seconds_total", "User and system time of the processors.", of((at(14)+at(15))/clockTicks))
		resident := at(24) * float64(os.Getpagesize())
		e.gauge("process_resident_memory_bytes", "Memory that is not swapped out.", of(resident))
		if engine := childrenResident(); engine > 0 {
			resident = engine
		}
		e.gauge("reta_engine_resident_memory_bytes", "The same of the process that computes, which may be this one.", of(resident))
		e.gauge("process_virtual_memory_bytes", "Size of the address space.", of(at(23)))
		if booted := numberAfter("/proc/stat", "btime"); booted > 0 {
			e.gauge("process_start_time_seconds", "When the process began, in seconds since 1970.", of(booted+at(22)/clockTicks))
		}
	}
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		e.gauge("process_open_fds", "File descriptors in use.", of(len(open)-1)) // that of the folder itself is closed again
	}
	if most := numberAfter("/proc/self/limits", "Max open files"); most > 0 {
		e.gauge("process_max_fds", "File descriptors that may be open.", of(most))
	}
}

// childrenResident is the memory of the processes that this one started and that go on.
func childrenResident() (bytes float64) {
	lists, _ := filepath.Glob("/proc/self/task/*/children")
	for _, list := range lists {
		pids, _ := os.ReadFile(list)
		for _, pid := range strings.Fields(string(pids)) {
			text, _ := os.ReadFile("/proc/" + pid + "/statm")
			if f := strings.Fields(string(text)); len(f) > 1 {
				pages, _ := strconv.ParseFloat(f[1], 64)
				bytes += pages * float64(os.Getpagesize())
			}
		}
	}
	return bytes
}

// statFields are the fields of /proc/self/stat from the third on: the second, the program's name, may hold anything.
func statFields() []string {
	text, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
}

// numberAfter is the first number in the line of a file that begins with name, 0 if there is none.
func numberAfter(file, name string) float64 {
	text, _ := os.ReadFile(file)
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name); ok && strings.TrimSpace(rest) != "" {
			x, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return x
		}
	}
	return 0
}
