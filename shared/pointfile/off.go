package pointfile

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// offHeader is the first word of a mesh file; a prefix says that vertices have more than three coordinates, or colours,
// normals and texture beside them.
var offHeader = regexp.MustCompile(`^(?:ST)?C?N?4?n?OFF(?:\s|$)`)

// readOFF reads the vertices of an OFF file, three coordinates each, or of an nOFF file, which names their number before
// that of the vertices. A header, the counts of vertices, faces and edges, the vertices a line each, the faces. Lines that
// begin with # are left out, and so are the faces.
func (f *File) readOFF(data []byte) error {
	head, dim, counts := "", 3, []int(nil)
	need := 3 // numbers in the header
	c := &Cloud{}
	rest, faces := 0, 0
	line := 0
	for raw := range strings.Lines(string(bytes.TrimPrefix(data, []byte(byteOrderMark)))) {
		line++
		text, _, _ := strings.Cut(raw, "#")
		fields := strings.Fields(text)
		if len(fields) == 0 {
			continue
		}
		if head == "" {
			switch head = fields[0]; {
			case head == "nOFF", head == "noff":
				need = 4
			case strings.EqualFold(head, "OFF"):
			default:
				return fmt.Errorf("line %d: header %s: want OFF or nOFF, vertices without colours, normals and texture", line, brief(head))
			}
			if fields = fields[1:]; len(fields) == 0 {
				continue
			}
		}
		if len(counts) < need {
			for _, field := range fields {
				v, err := strconv.Atoi(field)
				if err != nil || v < 0 || len(counts) == need {
					return fmt.Errorf("line %d: %s: want the numbers of vertices, faces and edges, in nOFF behind that of coordinates",
						line, brief(strings.TrimSpace(text)))
				}
				counts = append(counts, v)
			}
			if len(counts) < need {
				continue
			}
			if need == 4 {
				dim, counts = counts[0], counts[1:]
				need = 3
			}
			if dim < 1 || dim > maxDim {
				return fmt.Errorf("line %d: points of %d coordinates: want 1 to %d", line, dim, maxDim)
			}
			c.Dim, rest, faces = dim, counts[0], counts[1]
			continue
		}
		switch {
		case rest > 0:
			if len(fields) != dim {
				return fmt.Errorf("line %d has %s: want the %d coordinates of a vertex", line, count(len(fields), "number"), dim)
			}
			for j, field := range fields {
				v, err := number(field)
				if err != nil {
					return fmt.Errorf("line %d, column %d: %w", line, j+1, err)
				}
				c.X = append(c.X, v)
			}
			c.N, rest = c.N+1, rest-1
		case faces > 0:
			faces--
		default:
			return fmt.Errorf("line %d: one line more than %d vertices and %d faces: want as many as the header counts", line, counts[0], counts[1])
		}
	}
	switch {
	case len(counts) < need:
		return errors.New("the file ends in its header: want the numbers of vertices, faces and edges")
	case c.N == 0 && rest == 0:
		return errors.New("there is no vertex in it: want a line of coordinates for each")
	case rest > 0:
		return fmt.Errorf("%d of %d vertices: the file is cut short", c.N, counts[0])
	case counts[1] > 0:
		f.note("%s left out", count(counts[1], "face"))
	}
	f.Points = c
	return nil
}
