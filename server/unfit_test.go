package main

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"reta/server/engine"
)

// A part that a worker's device has no room for is given back, and set aside where nobody else is there, with what it needs and what there is.
func TestPartThatFitsNoWorker(t *testing.T) {
	dir, address := t.TempDir(), freeAddress(t)
	worker, _ := apart(t, "worker", "nats://"+address, "--name", "small", "--memory", "16MiB", "--cache", dir)
	defer func() { _ = worker.Process.Signal(os.Interrupt); _ = worker.Wait() }()
	line := "recover --recipe fadrm --dataset demo --size 256 --classes 2 --per-class 4 --ipc 2 --steps 4 --batch 1 --cluster-lease 2s --cluster-listen " + address
	said, code := process(t, nil, append(strings.Fields(line), "--cache", dir, "--run-dir", dir+"/run")...)
	for _, want := range []string{
		"cluster: worker small is there: ", " (cpu, 16.0 MiB, fp32) begins", "squeeze resnet-mini: small has given it back for one with more memory: it needs at least ",
		"was set aside", "no worker that is there has room for it: it needs at least ", " MiB of device memory, the largest has 16.0 MiB: start a worker with more: ",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("does not say %q", want)
		}
	}
	if code != 4 || strings.Contains(said, "could not make it") {
		t.Errorf("exit code %d:\n%s", code, said)
	}
}

// A part that one device has too little memory for waits for the others, as do these while it is tried.
func TestPartListWaitsForOtherDevices(t *testing.T) {
	of := func(i int) part { return part{Item: engine.Item{Phase: "recover", Index: i, Count: 2}} }
	list := newPartList([]part{of(0), of(1)})
	devices := []string{"small", "large"}
	take := func(device string) part {
		t.Helper()
		p, ok := list.take(t.Context(), device)
		if !ok {
			t.Fatalf("nothing is left for %s", device)
		}
		p.Device = device
		return p
	}
	first, second := take("small"), take("large")
	taken := make(chan part)
	go func() { p, _ := list.take(context.Background(), "large"); p.Device = "large"; taken <- p }()
	if !list.others(first, devices) {
		t.Error("nobody else is said to have room")
	}
	list.done(first, true)
	again := <-taken
	if again.Index != first.Index || second.Index != 1 {
		t.Errorf("the large device takes parts %d and %d", second.Index, again.Index)
	}
	if list.others(again, devices) {
		t.Error("somebody is said to have room")
	}
	list.done(again, false)
	list.done(second, false)
	for _, device := range devices {
		if _, ok := list.take(t.Context(), device); ok {
			t.Errorf("something is left for %s", device)
		}
	}
	if !slices.Equal(list.unfit[first.String()], devices) {
		t.Errorf("%v", list.unfit)
	}
}
