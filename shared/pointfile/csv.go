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

// readCSV reads a point a line, as eachRow splits them.
func readCSV(data []byte) (Points, error) {
	var p Points
	first := 0
	err := eachRow(data, func(line int, fields []string) error {
		if p.N == 0 {
			p.Dim, first = len(fields), line
		}
		if len(fields) != p.Dim {
			return fmt.Errorf("line %d has %s, line %d has %d: want as many in every line",
				line, count(len(fields), "column"), first, p.Dim)
		}
		for j, field := range fields {
			v, err := number(field)
			if err != nil {
				return fmt.Errorf("line %d, column %d: %w", line, j+1, err)
			}
			p.X = append(p.X, v)
		}
		p.N++
		return nil
	})
	switch {
	case err != nil:
		return Points{}, err
	case p.N == 0:
		return Points{}, errors.New("there is no point in it: want a line of numbers for each")
	}
	return p, nil
}

// eachRow calls visit with the fields of each line of a text, lines counted from 1, until it returns an error. The
// first such line decides what stands between fields: a semicolon, a comma, or else blanks and tabs. A line of words
// before it is one of names and is left out, as are empty lines and those that begin with #. Fields lose blanks
// and quotes around them and are valid until visit returns.
func eachRow(data []byte, visit func(line int, fields []string) error) error {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) // a mark that Windows programs put before UTF-8
	switch zero := bytes.IndexByte(data, 0); {
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return errors.New("the text is UTF-16: save it as UTF-8")
	case zero >= 0:
		return fmt.Errorf("no text: byte %d is 0; want lines of numbers", zero)
	}
	var fields []string
	separator, line, named, begun := "", 0, false, false
	for text := range strings.Lines(string(data)) {
		line++
		if text = strings.TrimSpace(text); text == "" || text[0] == '#' {
			continue
		}
		if !begun {
			separator = separatorOf(text)
		}
		if separator == "" {
			fields = append(fields[:0], strings.Fields(text)...)
		} else {
			fields = fields[:0]
			for field := range strings.SplitSeq(text, separator) {
				fields = append(fields, strings.TrimSpace(field))
			}
		}
		for j, field := range fields {
			if n := len(field); n > 1 && field[0] == '"' && field[n-1] == '"' {
				fields[j] = field[1 : n-1]
			}
		}
		if !begun && !named && strings.ContainsFunc(text, unicode.IsLetter) && !slices.ContainsFunc(fields, isNumber) {
			if fields[0] == "" {
				return fmt.Errorf("line %d: the first column has no name, so it seems to number the rows: "+
					"write the file without it", line)
			}
			named = true
			continue
		}
		begun = true
		if err := visit(line, fields); err != nil {
			return err
		}
	}
	return nil
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
