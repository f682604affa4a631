package report

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"regexp"
	"strings"
	"testing"
)

func TestPage(t *testing.T) {
	runs := []*Run{madeRun(t, "plain", 0), madeRun(t, "better<b>", 0.1)}
	page, err := HTML(runs)
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for _, want := range []string{
		"<title>plain, better&lt;b&gt;: made, 3 classes, 2 images per class</title>",
		"&lt;script&gt;alert(1)&lt;/script&gt;", `50 % &amp; more_ {\$x}`, "net&lt;3&gt;", "quick &amp; dirty", "teacher: near &lt;chance&gt;",
		"<strong>60.0\u00a0±\u00a00.6</strong>", // distilled, soft, of the second run: 0.6 +- 0.01/sqrt(3)
		"better&lt;b&gt;: 6 distilled images train net&lt;3&gt; to 60.0\u00a0%; 6 random real images to 50.0\u00a0%; all 600 to 87.5\u00a0%. The difference to random real images, soft labels: &#43;10.0\u00a0±\u00a00.8\u00a0points.</li>",
		"no difference shown", "@media (prefers-color-scheme: dark)", "@media print",
		`<th scope="col"><i>κ</i></th>`, `<th scope="row" class="word">distilled images</th>`, `<svg role="img" aria-label="Line chart of CE over step: plain from`,
		`alt="Synthetic images of class &lt;script&gt;alert(1)&lt;/script&gt;, plain, step 0"`, "plain, better&lt;b&gt;, step 20", "var(--series2)",
		"There are no settings in a recording",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(text, "<script") || strings.Contains(text, "better<b>") || strings.Contains(text, "#0000") {
		t.Error("the page has a name that is not escaped, or a colour that has no role")
	}
	for _, m := range regexp.MustCompile(`(?:src|href|url)\s*[=(]\s*"?([^">)]*)`).FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(m[1], "#") && !strings.HasPrefix(m[1], "data:") {
			t.Errorf("the page refers to %q: want nothing outside it", m[1])
		}
	}
	wellFormed(t, page)
	images := regexp.MustCompile(`src="data:image/png;base64,([^"]*)"`).FindAllStringSubmatch(text, -1)
	if len(images) != 3*2+2 { // first and last of each class, alike in both runs; a mistake in each
		t.Errorf("%d images, want 8", len(images))
	}
	for _, m := range images {
		data, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(m[1], "&#43;", "+"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := png.Decode(bytes.NewReader(data)); err != nil {
			t.Error(err)
		}
	}
}

// wellFormed checks that elements nest.
func wellFormed(t *testing.T, page []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(bytes.ReplaceAll(page, []byte("<!doctype html>"), nil)))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Errorf("the page does not nest: %v", err)
			return
		}
	}
}

// A run of one stage and one image a class, without an evaluation, has a page without plots of what is not there.
func TestPageOfLittle(t *testing.T) {
	r, err := Read(logOf(t, madeEvents(0)[:10]...))
	if err == nil {
		t.Fatalf("%+v has a report before its first stage ended", r)
	}
	if r, err = Read(logOf(t, madeEvents(0)[:13]...)); err != nil {
		t.Fatal(err)
	}
	page, err := HTML([]*Run{r})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(page), `id="students"`) || !strings.Contains(string(page), `id="losses"`) || !strings.Contains(string(page), "not finished") {
		t.Error("want losses and no students of an unfinished run without an evaluation")
	}
	wellFormed(t, page)
}

func TestPicturesFit(t *testing.T) {
	for _, c := range []struct{ side, count, classes, strips, wantSide, wantCount, wantClasses int }{
		{32, 10, 100, 4, 32, 10, 100},
		{112, 10, 10, 2, 112, 10, 10},
		{112, 10, 200, 2, 48, 6, 200},
		{112, 10, 1000, 2, 48, 1, 1000},
		{112, 10, 1000, 4, 48, 1, 682},
	} {
		side, count, classes := fit(c.side, c.count, c.classes, c.strips)
		if side != c.wantSide || count != c.wantCount || classes != c.wantClasses {
			t.Errorf("%+v: side %d, %d images, %d classes", c, side, count, classes)
		}
	}
}
