package vk

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func TestValidationCatchesAMistake(t *testing.T) {
	d := openDevice(t, Options{})
	if d.in.messages == nil {
		t.Skip("RETA_VALIDATION=off")
	}
	b := buffer(t, d, 16, DeviceLocal)
	r := d.NewRecorder("planted")
	r.Fill(b.Slice(0, 16), 0)
	r.ops[0].bytes = 3 // not a multiple of 4
	_, err := r.End()
	if !errors.Is(err, ErrValidation) || !strings.Contains(err.Error(), "vkCmdFillBuffer") {
		t.Fatalf("got %v, want ErrValidation about vkCmdFillBuffer", err)
	}
	if err := d.in.validation(); err != nil {
		t.Errorf("the message came again: %v", err)
	}
}

func TestValidationFindsWhatIsLeftBehind(t *testing.T) {
	if os.Getenv("RETA_VALIDATION") == "off" {
		t.Skip("RETA_VALIDATION=off")
	}
	d, err := Open(Options{Validation: true})
	if err != nil {
		t.Fatal(err)
	}
	r := d.NewRecorder("left")
	b := buffer(t, d, 16, DeviceLocal)
	r.Fill(b.Slice(0, 16), 0)
	p := end(t, r)
	delete(d.programs, p) // the device forgets it
	if err := d.Close(); !errors.Is(err, ErrValidation) {
		t.Errorf("got %v, want ErrValidation about objects that still exist", err)
	}
	p.closed = true
}
