package app

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"hash/crc32"
	"path"
	"strings"

	"reta/viewer/scene"
	"reta/viewer/view"
)

// About says what an export shows: the run, the step, and every parameter that is not at its default.
func (v *Viewer) About() string {
	x := v.Context()
	var b strings.Builder
	fmt.Fprintf(&b, "scene=%s", v.SceneName())
	if v.inRun() {
		fmt.Fprintf(&b, " run=%s dataset=%s recipe=%s class=%q step=%d", x.Hello.Run, x.Hello.Dataset, x.Hello.Recipe, x.ClassName(x.Class()), x.Step)
	}
	values, specs := v.View.Values(), view.Specs()
	for _, name := range view.Names() {
		if value := values[name]; name != "scene" && name != "class" && name != "step" && value != specs[name].Default {
			fmt.Fprintf(&b, " %s=%v", name, value)
		}
	}
	return b.String()
}

// FileName is what an export of the open scene is called.
func (v *Viewer) FileName(extension string) string {
	x := v.Context()
	parts := []string{"reta"}
	if v.inRun() {
		parts = append(parts, path.Base(x.Hello.Run), v.SceneName(), x.ClassName(x.Class()), fmt.Sprintf("step%d", x.Step))
	} else {
		parts = append(parts, v.SceneName())
	}
	name := strings.Map(func(r rune) rune {
		if r > 127 || strings.ContainsRune(`/\:*?"<>| `, r) || r < 32 {
			return '_'
		}
		return r
	}, strings.Join(parts, "-"))
	return name + "." + extension
}

// CSV is the open scene's data: a line that begins with # and says what it is, a head, and the rows.
func (v *Viewer) CSV() ([]byte, error) {
	t, ok := v.scene().(scene.Tabler)
	if !ok {
		return nil, errors.New("this scene has no table to save")
	}
	rows := t.Table(v.Context())
	if len(rows) < 2 {
		return nil, errors.New("there is no data to save yet")
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n", v.About())
	w := csv.NewWriter(&b)
	if err := w.WriteAll(rows); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// WithAbout puts a text into a PNG, as its Description (a tEXt chunk behind the header, PNG specification 11.3.4.3).
func WithAbout(png []byte, about string) []byte {
	const head = 8 + 4 + 4 + 13 + 4 // signature and IHDR
	if len(png) < head {
		return png
	}
	chunk := append([]byte("tEXtDescription\x00"), latin1(about)...)
	out := append([]byte(nil), png[:head]...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(chunk)-4))
	out = append(out, chunk...)
	out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk))
	return append(out, png[head:]...)
}

// latin1 is s in ISO 8859-1, which tEXt wants; other letters become question marks.
func latin1(s string) []byte {
	var b []byte
	for _, r := range s {
		if r > 255 || r < 32 {
			r = '?'
		}
		b = append(b, byte(r))
	}
	return b
}
