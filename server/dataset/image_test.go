package dataset

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"os"
	"path/filepath"
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

func TestDecodeRefusesBeforeAllocating(t *testing.T) {
	for _, c := range []struct {
		w, h uint32
		want string
	}{
		{30000, 30000, "header claims 30000 x 30000 pixels: want at most 16384 a side"},
		{16384, 16384, "want at most 16384 a side and 33554432 in all"},
		{16000, 10, "want sides at most 1:100"},
	} {
		allocated := testing.AllocsPerRun(1, func() {
			if _, err := decode(pngClaiming(c.w, c.h), defaultLimits); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%d x %d: %v; want %q", c.w, c.h, err, c.want)
			}
		})
		if allocated > 200 {
			t.Errorf("%d x %d: %v allocations", c.w, c.h, allocated)
		}
	}
}

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.*g*")
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
