package event

import "testing"

func TestCounted(t *testing.T) {
	for want, got := range map[string]string{
		"1 image": Counted(1, "image"), "2 images": Counted(2, "image"), "0 images": Counted(0, "image"),
		"1 class": Counted(1, "class"), "3 classes": Counted(3, "class"), "2 batches": Counted(2, "batch"), "1 epoch": Counted(1, "epoch"), "2 epochs": Counted(2, "epoch"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
