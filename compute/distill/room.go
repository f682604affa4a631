package distill

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"reta/shared/event"
)

// roomEvery is the time between two looks whether a full disk has room again.
const roomEvery = 2 * time.Second

// UntilRoom makes an attempt to write, and where the disk is full waits until there is room and makes it again: the run is
// paused, and says so. When ctx ends the last attempt's error is returned. An attempt leaves what was there before as it is.
func UntilRoom(ctx context.Context, emit func(event.Event), attempt func() error) error {
	said := false
	for {
		err := attempt()
		if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT) {
			if said && err == nil {
				emit(event.Log{Text: "the disk has room again: the run continues"})
			}
			return err
		}
		if !said {
			said = true
			text := fmt.Sprintf("%v: the run waits until there is room, and loses nothing; stopped now, it would continue from its last checkpoint", err)
			emit(event.Log{Level: event.Warning, Text: text})
			emit(event.Status{State: event.Paused, Text: "the disk is full"})
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(roomEvery):
		}
	}
}
