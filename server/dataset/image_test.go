package dataset

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"image"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The pictures in testdata and the bytes that Pillow 13 makes of them. JPEG
// decoders may round the inverse transform differently by a level or two, which
// the colour conversion widens to three; every other format must agree exactly.
func TestDecodeAgreesWithPillow(t *testing.T) {
	for _, c := range []struct {
		file string
		tol  int
	}{
		{"chroma444.jpg", 3}, {"chroma422.jpg", 3}, {"chroma420.jpg", 3}, {"progressive.jpg", 3},
		{"grey.jpg", 2}, {"cmyk.jpg", 4}, {"palette.png", 0}, {"alpha.png", 0}, {"lossless.webp", 0},
		{"lossy.webp", 0}, {"lossyalpha.webp", 0}, {"lzw.tif", 0}, {"greytiff.tif", 0}, {"palettetiff.tif", 0},
		{"colour.ppm", 0}, {"greynetpbm.pgm", 0}, {"text.ppm", 0},
	} {
		data, err := os.ReadFile(filepath.Join("testdata", c.file))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join("testdata", strings.TrimSuffix(c.file, filepath.Ext(c.file))+".rgb"))
		if err != nil {
			t.Fatal(err)
		}
		m, err := decode(data, defaultLimits)
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		if m.W != 21 || m.H != 13 || len(m.Pix) != len(want) {
			t.Fatalf("%s: %d x %d, %d bytes", c.file, m.W, m.H, len(m.Pix))
		}
		worst := 0
		for i, v := range m.Pix {
			worst = max(worst, int(v)-int(want[i]), int(want[i])-int(v))
		}
		if worst > c.tol {
			t.Errorf("%s: up to %d levels off, want at most %d", c.file, worst, c.tol)
		}
	}
}

// Lossy WebP of a few columns, and the bytes that Pillow 13 makes of them.
func TestSmallWebPIsPillows(t *testing.T) {
	for _, c := range []struct {
		w, h       int
		file, want string
	}{
		{1, 1, "524946463a00000057454250565038202e0000003002009d012a0100010001402625a00274ba01f801f800061e00009bffd1837f945f33dffec665ba023f2b800000", "29c429"},
		{2, 3, "5249464642000000574542505650382036000000f001009d012a0200030001402625a80274ba000308f445d000fe5f265f709a6d3df698f9f10bbd8db7ffb767ffaecfff5d9ff6fc0000", "21c16b2dcc7636d68029c9733fdf8927c671"},
		{3, 2, "5249464644000000574542505650382038000000b001009d012a0300020001402625a8027400f479ad8000fdeb2a706e6f1fdb43ce38faaa9ebf1bbffad205ffffd4e3fffad205ffc3d80000", "20b76d31c37b40c6823ed58b30c27a2fb571"},
		{5, 1, "52494646520000005745425056503820460000009001009d012a0500010001402625a80274ba00039800fee763508ffa4a5b0516d212d828b7fda657df3ffe4dfecb70db2efcfff937f2ffffd52cd37f4c7fe3983fddb6000000", "1fba7136c69a40b6c74db3e04fabda"},
	} {
		data, err := hex.DecodeString(c.file)
		if err != nil {
			t.Fatal(err)
		}
		if m, err := decode(data, defaultLimits); err != nil || m.W != c.w || m.H != c.h || hex.EncodeToString(m.Pix) != c.want {
			t.Errorf("%d x %d: %x, %v; want %s", c.w, c.h, m.Pix, err, c.want)
		}
	}
}

// The fixed-point conversion is within a level of the formula of BT.601 for all values.
func TestLimitedRangeIsBT601(t *testing.T) {
	worst := 0.0
	for y := range 256 {
		for cb := 0; cb < 256; cb += 3 {
			for cr := range 256 {
				r, g, b := limitedRange(int32(y), int32(cb), int32(cr))
				l, u, v := 255./219*float64(y-16), 255./224*float64(cb-128), 255./224*float64(cr-128)
				for _, c := range [][2]float64{
					{float64(r), l + 1.402*v},
					{float64(g), l - 0.114*1.772/0.587*u - 0.299*1.402/0.587*v},
					{float64(b), l + 1.772*u},
				} {
					worst = max(worst, math.Abs(c[0]-min(max(c[1], 0), 255)))
				}
			}
		}
	}
	if worst > 1.1 {
		t.Errorf("up to %.2f levels off", worst)
	}
}

func TestAlphaIsDividedOut(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 3, 1))
	copy(m.Pix, []byte{100, 50, 7, 128, 0, 0, 0, 0, 10, 20, 30, 255})
	if got := toRGB(m, "tiff"); !bytes.Equal(got.Pix, []byte{199, 99, 13, 0, 0, 0, 10, 20, 30}) {
		t.Errorf("got %d", got.Pix)
	}
}

func TestNetpbm(t *testing.T) {
	for _, c := range []struct{ file, want, err string }{
		{"P5\n# one\n2 1 # two\n255\n\x07\xff", "070707ffffff", ""},
		{"P5 2 1 65535\n\x80\x00\xff\xff", "808080ffffff", ""},
		{"P2 2 1 15 3 15", "333333ffffff", ""},
		{"P6 1 1 7\n\x00\x07\x03", "00ff6d", ""},
		{"P3 1 1 255 1 2 3", "010203", ""},
		{"P5 2 2 255\n\x07", "", "cut short"},
		{"P5 2", "", "cut short"},
		{"P2 2 1 15 3 16", "", "value 16: want at most 15"},
		{"P5 2 1 0\n\x00\x00", "", "largest value 0"},
		{"P5 2 1 70000\n\x00\x00", "", "largest value 70000"},
		{"P5 x", "", "byte 'x' in a number"},
		{"P5 1234567890 1 255\n", "", "in a number"},
		{"P6 999999999 999999999 255\n", "", "image of 999999999 x 999999999 pixels"},
	} {
		m, err := decode([]byte(c.file), defaultLimits)
		if hex.EncodeToString(m.Pix) != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%q: %x, %v; want %s, %q", c.file, m.Pix, err, c.want, c.err)
		}
	}
}

func TestUnknownContentIsNamed(t *testing.T) {
	for data, want := range map[string]string{
		"":                                    "is empty",
		"version https://git-lfs.github.com/": "is a pointer of git-lfs, not the image: fetch it with git lfs pull",
		"<!DOCTYPE html><html>not found":      "content is text/html: want a JPEG",
		"GIF89a":                              "content is image/gif",
		"\x00\x01\x02\x03":                    "content starts with 00 01 02 03",
	} {
		if _, err := decode([]byte(data), defaultLimits); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", data, err, want)
		}
	}
}

// Values from Pillow 13: Image.resize((w, h), BILINEAR) of a 7 x 5 picture.
func TestResizeIsPillows(t *testing.T) {
	src := Image{7, 5, make([]byte, 7*5*3)}
	for i := range src.Pix {
		src.Pix[i] = byte(i*i*37 + i*11)
	}
	for _, c := range []struct {
		w, h int
		want string
	}{
		{3, 2, "6b7ba260799b8db08d75867b494875857778"},
		{4, 7, "3553bb5a8bbe3be6da67dc9c5d85ab6578b57fa2a18ec9938897975c5d999f707ca1ad84a96584303d6171738c848c70739c673650815f496fa56b5b729e7a51637d4c3567917e7b8c84a27371673d306d65a9b1"},
		{2, 5, "497fc34fd6ba7884a5ac8d836f57726b767e4a7a727a4a64766b80576f88"},
		{7, 9, "0030aa6e7cd476629818e2f654fcee2ab0809afeac376d976175d37b6da92faac47dd6ce659c7292fcb092d2784c6ad28480c6564d71c29799c87b5b85f9b7b18a8f6d95965258a8422654cc8e9a7e907aaeba82c216b49cce4a10207a1e0c44c692a808b2a6e46c3e88748e80bc42122c903e3678764c6c648a88d0623e5cc476729c4822469850529e34143eb27078ad664c66d8949a3f84689663253187271145c38b9d4f9f8f6ce4a6b208a892c6440c1e7a20104ace9cb416c2b8"},
	} {
		if got := hex.EncodeToString(src.Resize(c.w, c.h).Pix); got != c.want {
			t.Errorf("%d x %d: got %s\nwant %s", c.w, c.h, got, c.want)
		}
	}
}

func TestTestTransform(t *testing.T) {
	for _, c := range []struct {
		w, h, size, resize int
		mid                [2]int // where the crop starts, after resizing
		to                 [2]int // size after resizing
	}{
		{500, 375, 224, 256, [2]int{58, 16}, [2]int{341, 256}}, // 341-224 = 117, half is 58.5: to even
		{375, 500, 224, 256, [2]int{16, 58}, [2]int{256, 341}},
		{64, 64, 64, 0, [2]int{0, 0}, [2]int{64, 64}},
		{64, 64, 32, 0, [2]int{0, 0}, [2]int{32, 32}},
		{20, 13, 32, 0, [2]int{8, 0}, [2]int{49, 32}},
	} {
		src := Image{c.w, c.h, make([]byte, c.w*c.h*3)}
		for i := range src.Pix {
			src.Pix[i] = byte(i * 7)
		}
		want := src.Resize(c.to[0], c.to[1]).Crop(c.mid[0], c.mid[1], c.size, c.size)
		got := transform{c.size, c.resize}.apply(src)
		if got.W != c.size || got.H != c.size || !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("%d x %d to %d by %d: not the expected box", c.w, c.h, c.size, c.resize)
		}
	}
}

// pngClaiming is a PNG of a few bytes whose header claims w x h pixels.
func pngClaiming(w, h uint32) []byte {
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		binary.Write(&b, binary.BigEndian, uint32(len(data)))
		body := append([]byte(kind), data...)
		b.Write(body)
		binary.Write(&b, binary.BigEndian, crc32.ChecksumIEEE(body))
	}
	head := binary.BigEndian.AppendUint32(nil, w)
	head = binary.BigEndian.AppendUint32(head, h)
	chunk("IHDR", append(head, 8, 2, 0, 0, 0))
	chunk("IDAT", []byte{0x78, 0x9c, 3, 0, 0, 0, 0, 1})
	chunk("IEND", nil)
	return b.Bytes()
}

// tiffClaiming is a TIFF of a few bytes whose header claims w x h pixels of 16-bit colour.
func tiffClaiming(w, h uint32) []byte {
	b := binary.LittleEndian.AppendUint32([]byte("II*\x00"), 8)
	entries := [][4]uint32{ // tag, type, count, value
		{256, 4, 1, w}, {257, 4, 1, h}, {258, 3, 3, 8 + 2 + 6*12 + 4}, {259, 3, 1, 1}, {262, 3, 1, 2}, {273, 4, 1, 8},
	}
	b = binary.LittleEndian.AppendUint16(b, uint16(len(entries)))
	for _, e := range entries {
		b = binary.LittleEndian.AppendUint16(b, uint16(e[0]))
		b = binary.LittleEndian.AppendUint16(b, uint16(e[1]))
		b = binary.LittleEndian.AppendUint32(b, e[2])
		b = binary.LittleEndian.AppendUint32(b, e[3])
	}
	return append(b, 0, 0, 0, 0, 16, 0, 16, 0, 16, 0)
}

func TestDecodeRefusesBeforeAllocating(t *testing.T) {
	for _, c := range []struct {
		w, h uint32
		want string
	}{
		{30000, 30000, "image of 30000 x 30000 pixels by its header: want at most 89478485 pixels"},
		{70000, 1000, "at most 65536 a side"},
		{16000, 10, "want sides at most 1:100"},
	} {
		for kind, data := range map[string][]byte{
			"png": pngClaiming(c.w, c.h), "tiff": tiffClaiming(c.w, c.h), "netpbm": fmt.Appendf(nil, "P6 %d %d 255\n", c.w, c.h),
		} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := decode(data, defaultLimits)
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s of %d x %d: %v; want %q", kind, c.w, c.h, err, c.want)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
				t.Errorf("%s of %d x %d: %d bytes allocated", kind, c.w, c.h, n)
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.[^r]*")
	if err != nil || len(files) == 0 {
		f.Fatal(err, files)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(pngClaiming(3, 2))
	f.Add(tiffClaiming(3, 2))
	f.Add([]byte("P2 2 1 15 3 15"))
	f.Add([]byte("P5 2 1 65535\n\x80\x00\xff\xff"))
	lim := defaultLimits
	lim.pixels = 1 << 16
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := decode(data, lim)
		if err != nil {
			return
		}
		if m.W < 1 || m.H < 1 || m.W*m.H > 1<<16 || len(m.Pix) != m.W*m.H*3 {
			t.Fatalf("%d x %d with %d bytes", m.W, m.H, len(m.Pix))
		}
		for _, v := range []transform{{8, 0}, {7, 9}} {
			if out := v.apply(m); len(out.Pix) != v.size*v.size*3 {
				t.Fatalf("transform %v gives %d bytes", v, len(out.Pix))
			}
		}
	})
}
