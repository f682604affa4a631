package pointfile

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Format is what a file holds and how.
type Format string

// The formats. Points and Distances are rows of numbers, in a text or an array; CSV and NPY are Points in one of the two.
const (
	Points    Format = "points"
	CSV       Format = "csv"
	NPY       Format = "npy"
	OFF       Format = "off"
	Distances Format = "distances"
	Lower     Format = "lower-distance"
	Upper     Format = "upper-distance"
	Sparse    Format = "sparse"
	JSON      Format = "json"
)

// Formats lists them all.
func Formats() []Format {
	return []Format{Points, CSV, NPY, OFF, Distances, Lower, Upper, Sparse, JSON}
}

// ParseFormat returns the format of a name, in any case; "edges" and "noff" are other names for Sparse and OFF.
func ParseFormat(name string) (Format, error) {
	f := Format(strings.ToLower(name))
	switch f {
	case "edges":
		return Sparse, nil
	case "noff":
		return OFF, nil
	}
	if slices.Contains(Formats(), f) {
		return f, nil
	}
	var names []string
	for _, f := range Formats() {
		names = append(names, string(f))
	}
	last := len(names) - 1
	return "", fmt.Errorf("format %q: want %s or %s", name, strings.Join(names[:last], ", "), names[last])
}

// endings are the formats of file names.
var endings = map[string]Format{
	".csv": CSV, ".tsv": CSV, ".txt": CSV, ".dat": CSV, ".point_cloud": Points, ".npy": NPY, ".npz": NPY, ".off": OFF, ".noff": OFF,
	".distances": Distances, ".distance_matrix": Distances, ".lower_distance_matrix": Lower, ".upper_distance_matrix": Upper,
	".sparse": Sparse, ".edges": Sparse, ".graph": Sparse, ".json": JSON,
}

// container is how a file holds its numbers, as its first bytes tell.
type container string

const (
	inText  container = "rows of text"
	inArray container = "a NumPy array"
	inOFF   container = "an OFF header"
	inJSON  container = "a JSON object"
)

func containerOf(data []byte) container {
	line := firstLine(data)
	switch {
	case strings.HasPrefix(line, npyMark), strings.HasPrefix(line, "PK\x03\x04"): // what to do with a zip is said on reading
		return inArray
	case strings.HasPrefix(line, "{"):
		return inJSON
	case offHeader.MatchString(line):
		return inOFF
	}
	return inText
}

// in lists the containers that a format is read from.
func (f Format) in() []container {
	switch f {
	case NPY:
		return []container{inArray}
	case OFF:
		return []container{inOFF}
	case JSON:
		return []container{inJSON}
	case Points:
		return []container{inText, inArray, inOFF}
	case Distances, Lower, Upper:
		return []container{inText, inArray}
	}
	return []container{inText}
}

// Read reads a file. Without a format, the ending of its name decides with its first bytes, and where these leave rows of
// numbers in a text, the rows do: their lengths tell a triangle of a distance matrix from points. A format, or else the
// name, that the first bytes contradict is an error. Errors say as what the file was read.
func Read(name string, data []byte, format Format) (*File, error) {
	f, found := &File{Format: format}, containerOf(data)
	hint := endings[strings.ToLower(path.Ext(strings.ReplaceAll(name, `\`, "/")))]
	auto := format == "" && (hint == "" || hint == CSV || hint == NPY) // the numbers may say more
	if format == "" {
		f.Format = cmp.Or(hint, map[container]Format{inText: CSV, inArray: NPY, inOFF: OFF, inJSON: JSON}[found])
	}
	var err error
	switch {
	case found != inText && !slices.Contains(f.Format.in(), found): // of text, the reader says more
		err = fmt.Errorf("it begins with %s: want %s; choose another format or name", found, f.Format.in()[0])
	case f.Format == JSON:
		f.Graph, err = readJSON(data)
	case f.Format == OFF || found == inOFF:
		err = f.readOFF(data)
	case f.Format == NPY || found == inArray:
		err = f.readArray(data, auto)
	default:
		err = f.readText(data, auto, hint == CSV)
	}
	if err != nil {
		return nil, fmt.Errorf("as %s: %w", f.Format, err)
	}
	return f, nil
}

// readText reads rows of numbers. Where neither a format nor the name says more, rows of 1, 2, 3, ... numbers are the lower
// triangle of a distance matrix, rows of ..., 3, 2, 1 the upper one, and rows of i, j, weight the edges of a graph unless
// the name is that of a table.
func (f *File) readText(data []byte, auto, named bool) error {
	t, err := readTable(data)
	if err != nil {
		return err
	}
	if auto && f.Format == CSV {
		switch {
		case t.triangle(Lower):
			f.Format = Lower
		case t.triangle(Upper):
			f.Format = Upper
		case !named && t.edges():
			f.Format = Sparse
			f.note("read as the edges of a graph, i j weight: if it holds points in three dimensions, choose format points")
		}
	}
	switch f.Format {
	case Distances:
		return f.square(t)
	case Lower, Upper:
		return f.triangle(t)
	case Sparse:
		return f.sparse(t)
	}
	return f.points(t, auto)
}
