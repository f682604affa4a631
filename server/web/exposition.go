package web

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// exposition is a page of metrics in Prometheus' text format, version 0.0.4.
type exposition struct{ bytes.Buffer }

// expositionType is its content type.
const expositionType = "text/plain; version=0.0.4; charset=utf-8"

// sample is one value of a family, told from the others by its labels.
type sample struct {
	value  float64
	labels []string // name, value, name, value ...
}

func of[N int | int64 | uint64 | float64 | float32](value N, labels ...string) sample {
	return sample{float64(value), labels}
}

func (e *exposition) counter(name, help string, samples ...sample) {
	e.family(name, "counter", help, samples)
}

func (e *exposition) gauge(name, help string, samples ...sample) {
	e.family(name, "gauge", help, samples)
}

// family writes a metric with all its samples; one without samples is left out. Each name is written once.
func (e *exposition) family(name, kind, help string, samples []sample) {
	if len(samples) == 0 {
		return
	}
	fmt.Fprintf(e, "# HELP %s %s\n# TYPE %s %s\n", name, helpEscapes.Replace(help), name, kind)
	for _, s := range samples {
		e.WriteString(name)
		for i := 0; i+1 < len(s.labels); i += 2 {
			fmt.Fprintf(e, `%c%s="%s"`, "{,"[min(i, 1)], s.labels[i], labelEscapes.Replace(strings.ToValidUTF8(s.labels[i+1], "\uFFFD")))
		}
		if len(s.labels) > 0 {
			e.WriteByte('}')
		}
		fmt.Fprintf(e, " %s\n", strconv.FormatFloat(s.value, 'g', -1, 64))
	}
}

var (
	helpEscapes  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	labelEscapes = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)
