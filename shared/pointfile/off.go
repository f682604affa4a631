package pointfile

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"strconv"
	"strings"
)

// offHeader is the first word of an OFF file; what may stand before OFF says that vertices have other than three
// coordinates, or colours, normals and texture beside them.
var offHeader = regexp.MustCompile(`^(?:ST)?C?N?4?n?OFF(?:\s|$)`)

// readOFF reads the vertices of an OFF file: a header, the numbers of vertices, faces and edges, the vertices, a line of
// three coordinates each, and the faces, which are left out. In nOFF the number of coordinates stands before that of the
// vertices.
func (f *File) readOFF(data []byte) error {
	l := offLines(data)
	defer l.stop()
	dim, counts, err := l.header()
	if err != nil {
		return err
	}
	vertices, faces := counts[0], counts[1]
	c := &Cloud{Dim: dim}
	for ; c.N < vertices; c.N++ {
		fields := l.fields()
		switch {
		case fields == nil:
			return fmt.Errorf("%d of %d vertices: the file is cut short", c.N, vertices)
		case len(fields) != dim:
			return fmt.Errorf("line %d has %s: want the %d coordinates of a vertex", l.line, count(len(fields), "number"), dim)
		}
		for j, field := range fields {
			v, err := number(field)
			if err != nil {
				return fmt.Errorf("line %d, column %d: %w", l.line, j+1, err)
			}
			c.X = append(c.X, v)
		}
	}
	left := 0
	for left < faces && l.fields() != nil {
		left++
	}
	switch {
	case vertices == 0:
		return errors.New("there is no vertex in it: want a line of coordinates for each")
	case l.fields() != nil:
		return fmt.Errorf("line %d: one line more than the %d vertices and %d faces that the header counts: want no more",
			l.line, vertices, faces)
	case left > 0:
		f.note("%s left out", count(left, "face"))
	}
	f.Points = c
	return nil
}

// lines are those of a text that hold anything but a comment, which begins with #.
type lines struct {
	next func() (string, bool)
	stop func()
	line int // number of the last one, from 1
}

func offLines(data []byte) *lines {
	l := &lines{}
	l.next, l.stop = iter.Pull(strings.Lines(string(bytes.TrimPrefix(data, []byte(byteOrderMark)))))
	return l
}

// fields returns those of the next line, nil behind the last.
func (l *lines) fields() []string {
	for text, ok := l.next(); ok; text, ok = l.next() {
		l.line++
		text, _, _ = strings.Cut(text, "#")
		if fields := strings.Fields(text); len(fields) > 0 {
			return fields
		}
	}
	return nil
}

// header returns the number of coordinates, and those of vertices, faces and edges, wherever lines end between them.
func (l *lines) header() (dim int, counts []int, err error) {
	fields := l.fields()
	if fields == nil {
		return 0, nil, errCutHeader
	}
	head, need := fields[0], 3
	switch {
	case head == "nOFF", head == "noff":
		need = 4
	case !strings.EqualFold(head, "OFF"):
		return 0, nil, fmt.Errorf("line %d: header %s: want OFF or nOFF, vertices without colours, normals and texture", l.line, brief(head))
	}
	for fields = fields[1:]; ; {
		for _, field := range fields {
			v, err := strconv.Atoi(field)
			if err != nil || v < 0 || len(counts) == need {
				return 0, nil, fmt.Errorf("line %d: %s: want the numbers of vertices, faces and edges, in nOFF behind that of coordinates",
					l.line, brief(strings.Join(fields, " ")))
			}
			counts = append(counts, v)
		}
		if len(counts) == need {
			break
		}
		if fields = l.fields(); fields == nil {
			return 0, nil, errCutHeader
		}
	}
	if dim = 3; need == 4 {
		dim, counts = counts[0], counts[1:]
	}
	if dim < 1 || dim > maxDim {
		return 0, nil, fmt.Errorf("line %d: points of %d coordinates: want 1 to %d", l.line, dim, maxDim)
	}
	return dim, counts, nil
}

var errCutHeader = errors.New("the file ends in its header: want the numbers of vertices, faces and edges")
