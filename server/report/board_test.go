package report

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"reta/shared/event"
)

// Written by the package tensorboard 2.21 of PyPI: its RecordWriter, with the same events made by its protocol buffers.
const golden = "1800000000000000a37f4b220900001040fc54d9411a0d627261696e2e4576656e743a32338d2fe953000000000000000d7d4e910900001040fc54d94110ac022a450a0e0a076c6f73732f4345" +
	"150000003f0a140a0d6c6561726e696e67207261746515000000c00a1d0a0d696d616765732f3c72696e673e220c080210031804220489504e4702ac4b4c1b000000000000001a0d9e130900001040fc54d9" +
	"412a100a0e0a076c6f73732f43451500000000139acf2a"

func TestEventsAreThoseOfTensorBoard(t *testing.T) {
	at := time.UnixMilli(1_700_000_000_250)
	b := appendVersion(nil, at)
	b = appendSummary(b, at, 300, append(scalars("loss/CE", float32(0.5), "left out", math.NaN(), "learning rate", -2.0), imageValue("images/<ring>", 3, 2, []byte("\x89PNG"))...))
	b = appendSummary(b, at, 0, scalars("loss/CE", float32(0)))
	b = appendSummary(b, at, 1, nil)
	if got := hex.EncodeToString(b); got != golden {
		t.Errorf("%s\nwant\n%s", got, golden)
	}
}

func TestEventFiles(t *testing.T) {
	r := madeRun(t, "a run", 0.1)
	files, err := EventFiles([]*Run{r})
	if err != nil {
		t.Fatal(err)
	}
	const name = "events.out.tfevents.1700000000.reta"
	if len(files) != 13 || files[0].Name != "a-run/"+name || files[1].Name != "a-run/00-net-3--distilled-soft-seed0/"+name {
		t.Fatalf("%d files, the first ones %s, %s: want one of the run and twelve of trials", len(files), files[0].Name, files[1].Name)
	}
	tags := map[string]int{}
	for _, rec := range records(t, files[0].Data) {
		for _, tag := range []string{"loss/CE", "loss/L_topo", "learning rate", "stage/kappa", "stage/kappa H1", "images/" + madeClasses[0], "images/ring"} {
			if bytes.Contains(rec, append([]byte{0x0a, byte(len(tag))}, tag...)) {
				tags[tag]++
			}
		}
	}
	want := map[string]int{"loss/CE": 20, "learning rate": 20, "stage/kappa": 3, "stage/kappa H1": 3, "images/" + madeClasses[0]: 3, "images/ring": 3}
	for tag, n := range want {
		if tags[tag] != n {
			t.Errorf("%d records of %s, want %d", tags[tag], tag, n)
		}
	}
	if tags["loss/L_topo"] != 0 {
		t.Error("there is an L_topo where there is no number")
	}
	if n := len(records(t, files[1].Data)); n != 5 {
		t.Errorf("%d records of a trial of 4 epochs, want as many and the version", n)
	}
}

// A trial that goes on is written as far as it is new, and another one in its place from its beginning.
func TestBoardWritesWhatIsNew(t *testing.T) {
	written := map[string]int{}
	b := NewBoard("../r", func(name string, data []byte) error {
		written[name] += len(records(t, data))
		return nil
	})
	trials := event.Trials{List: []event.Trial{{Student: "a", Images: "distilled", Labels: "soft", State: event.Training, Epochs: 9}}}
	curve := func(epochs int) event.Curve {
		var c event.Curve
		for e := range epochs {
			c.Points = append(c.Points, event.CurvePoint{Epoch: e + 1, Loss: 1, Top1: 0.5})
		}
		return c
	}
	other := event.Trials{List: []event.Trial{{Student: "b", Images: "distilled", Labels: "soft", State: event.Training, Epochs: 9}}}
	for _, e := range []event.Event{curve(3), trials, curve(3), curve(5), trials, curve(5), other, curve(2)} {
		if err := b.Add(e, time.Unix(5, 0)); err != nil {
			t.Fatal(err)
		}
	}
	const name = "events.out.tfevents.0000000005.reta"
	if a, c := written[path.Join("..-r", "00-a-distilled-soft-seed0", name)], written[path.Join("..-r", "00-b-distilled-soft-seed0", name)]; a != 6 || c != 3 || len(written) != 2 {
		t.Errorf("written %v: want 5 epochs of a and 2 of b, each after the version", written)
	}
	full := errors.New("full")
	b.put = func(string, []byte) error { return full }
	if err := b.Add(curve(3), time.Unix(6, 0)); !errors.Is(err, full) {
		t.Errorf("error %v, want that of the disk", err)
	}
}

// records takes the frames off, and checks them by a bitwise CRC32C.
func records(t *testing.T, data []byte) (list [][]byte) {
	t.Helper()
	sum := func(b []byte) uint32 {
		crc := ^uint32(0)
		for _, v := range b {
			crc ^= uint32(v)
			for range 8 {
				crc = crc>>1 ^ 0x82f63b78&-(crc&1)
			}
		}
		crc = ^crc
		return (crc>>15 | crc<<17) + 0xa282ead8
	}
	for len(data) > 0 {
		if len(data) < 16 {
			t.Fatalf("%d bytes are no record", len(data))
		}
		n := int(binary.LittleEndian.Uint64(data))
		if n > len(data)-16 || binary.LittleEndian.Uint32(data[8:]) != sum(data[:8]) || binary.LittleEndian.Uint32(data[12+n:]) != sum(data[12:12+n]) {
			t.Fatalf("record %d is damaged", len(list))
		}
		list = append(list, slices.Clone(data[12:12+n]))
		data = data[16+n:]
	}
	return list
}

func TestBoardNames(t *testing.T) {
	for name, want := range map[string]string{"a run/é": "a-run--", "..": "run", "": "run", "../x": "..-x", "runs_1.5": "runs_1.5"} {
		if got := boardName(name); got != want || strings.ContainsAny(got, "/\\") {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}
