package pointfile

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// table is rows of numbers, of any lengths, with what stands around them in a text.
type table struct {
	values []float64
	ends   []int    // of each row in values
	lines  []int    // of each row in the file, from 1
	names  []string // of the columns, where a line of names comes first
	left   int      // columns left out on the left: 1 where the rows are labelled, and no name stands over the labels
	counts bool     // the first row is 0, 1, 2, ... in plain digits, and every other number has a point
}

func (t *table) rows() int { return len(t.ends) }

func (t *table) row(i int) []float64 {
	from := 0
	if i > 0 {
		from = t.ends[i-1]
	}
	return t.values[from:t.ends[i]:t.ends[i]]
}

// width is the length of all rows.
func (t *table) width() (int, error) {
	for i := range t.rows() {
		if n, want := len(t.row(i))+t.left, len(t.row(0))+t.left; n != want {
			return 0, fmt.Errorf("line %d has %s, line %d has %d: want as many in every line",
				t.lines[i], count(n, "column"), t.lines[0], want)
		}
	}
	return len(t.row(0)), nil
}

// cut takes the first column away.
func (t *table) cut() {
	to := 0
	for i, from := 0, 0; i < len(t.ends); i++ {
		to += copy(t.values[to:], t.values[from+1:t.ends[i]])
		from, t.ends[i] = t.ends[i], to
	}
	t.values, t.left = t.values[:to], t.left+1
	if len(t.names) > 0 {
		t.names = t.names[1:]
	}
}

// numbersRows reports whether the first of several columns is 0, 1, 2, ... or 1, 2, 3, ... down the rows.
func (t *table) numbersRows() bool {
	for i := range t.rows() {
		if r := t.row(i); len(r) < 2 || r[0] != t.values[0]+float64(i) || t.values[0] != 0 && t.values[0] != 1 {
			return false
		}
	}
	return t.rows() > 2
}

// at names entry j of row i.
func (t *table) at(i, j int) string { return fmt.Sprintf("line %d, column %d", t.lines[i], t.left+j+1) }

const byteOrderMark = "\xef\xbb\xbf" // that Windows programs put before UTF-8

// firstLine returns the first line of a text that is neither empty nor a comment, at most 1024 bytes of it.
func firstLine(data []byte) string {
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	for {
		data = bytes.TrimLeft(data, " \t\r\n")
		if !bytes.HasPrefix(data, []byte("#")) {
			line, _, _ := bytes.Cut(data[:min(len(data), 1<<10)], []byte("\n"))
			return string(line)
		}
		_, data, _ = bytes.Cut(data, []byte("\n"))
	}
}

// readTable reads a text. The first line of several numbers decides what stands between them: a semicolon, a comma, or else blanks
// and tabs; and whether one more stands at the end of each line. Before it may come one line of names: words without a
// number among them, or behind an empty first cell also 0, 1, 2, ... The column below that cell, in which pandas writes the
// rows' labels, is left out, and so is one that R writes under no cell at all. So are empty lines, those that begin with #,
// and blanks and quotes around fields.
func readTable(data []byte) (*table, error) {
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	switch zero := bytes.IndexByte(data, 0); {
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return nil, errors.New("the text is UTF-16: save it as UTF-8")
	case zero >= 0:
		return nil, fmt.Errorf("no text: byte %d is 0; want lines of numbers", zero)
	case strings.HasPrefix(firstLine(data), "%%MatrixMarket"):
		return nil, errors.New("a Matrix Market file is not read: in Python, numpy.save(\"d.npy\", scipy.io.mmread(name).toarray())")
	}
	t := &table{counts: true}
	var fields []string
	separator, line, trailing, single := "", 0, false, true // single: no row has several fields
	for raw := range strings.Lines(string(data)) {
		line++
		text := strings.TrimSpace(raw)
		if text == "" || text[0] == '#' {
			continue
		}
		first := t.rows() == 0
		if single {
			separator = separatorOf(text)
		}
		fields = split(fields[:0], text, separator)
		if first && t.names == nil {
			if names, unnamed := namesOf(fields, text); names != nil {
				t.names = slices.Clone(names)
				if unnamed || raw[0] == '\t' && separator == "" {
					t.left = 1
				}
				continue
			}
		}
		if first {
			trailing = len(fields) > 1 && fields[len(fields)-1] == ""
			if t.left == 0 && t.names != nil && len(t.names) == len(fields)-1 && text[0] == '"' { // as R writes labels
				t.left = 1
			}
		}
		if trailing && fields[len(fields)-1] == "" {
			fields = fields[:len(fields)-1]
		}
		single = single && len(fields) == 1
		for j, field := range fields[min(t.left, len(fields)):] {
			v, err := number(field)
			if err != nil {
				return nil, fmt.Errorf("line %d, column %d: %w", line, t.left+j+1, err)
			}
			t.counts = t.counts && (first && field == strconv.Itoa(j) || !first && strings.Contains(field, "."))
			t.values = append(t.values, v)
		}
		t.ends, t.lines = append(t.ends, len(t.values)), append(t.lines, line)
	}
	return t, nil
}

// split appends the fields of a line.
func split(fields []string, text, separator string) []string {
	if separator == "" {
		fields = append(fields, strings.Fields(text)...)
	} else {
		for field := range strings.SplitSeq(text, separator) {
			fields = append(fields, strings.TrimSpace(field))
		}
	}
	for j, field := range fields {
		if n := len(field); n > 1 && field[0] == '"' && field[n-1] == '"' {
			fields[j] = field[1 : n-1]
		}
	}
	return fields
}

// namesOf returns the names in a first line, nil when it holds none, and whether an empty cell stands before them. Behind
// one, 0, 1, 2, ... are names too.
func namesOf(fields []string, line string) (names []string, unnamed bool) {
	if len(fields) > 1 && fields[0] == "" {
		fields, unnamed = fields[1:], true
	}
	counts := unnamed
	for j, field := range fields {
		counts = counts && field == strconv.Itoa(j)
	}
	if counts || strings.ContainsFunc(line, unicode.IsLetter) && !slices.ContainsFunc(fields, isNumber) {
		return fields, unnamed
	}
	return nil, false
}

func separatorOf(line string) string {
	for _, s := range []string{";", ","} {
		if strings.Contains(line, s) {
			return s
		}
	}
	return ""
}

// isNumber reports whether a field is a number, finite or not.
func isNumber(field string) bool {
	_, err := strconv.ParseFloat(field, 64)
	return err == nil || errors.Is(err, strconv.ErrRange)
}

// number returns the finite number that a field holds.
func number(field string) (float64, error) {
	v, err := strconv.ParseFloat(field, 64)
	switch {
	case field == "":
		return 0, errors.New("nothing there: want a number")
	case errors.Is(err, strconv.ErrRange):
		return 0, fmt.Errorf("%s is beyond the range of float64: scale the numbers down", brief(field))
	case err != nil && strings.Contains(field, ","):
		return 0, fmt.Errorf("%s: want a number with a decimal point", brief(field))
	case err != nil:
		return 0, fmt.Errorf("%s: want a number", brief(field))
	case v-v != 0:
		return 0, fmt.Errorf("%v: want a finite number", v)
	}
	return v, nil
}

// brief quotes the beginning of a field.
func brief(field string) string {
	if len(field) > 24 {
		return strconv.Quote(field[:24]) + "..."
	}
	return strconv.Quote(field)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
