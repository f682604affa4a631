//go:build js

package main

import (
	"time"

	"github.com/hajimehoshi/ebiten/v2"
)

var start = time.Now()

// now is the viewer's clock, seconds.
func now() float64 { return time.Since(start).Seconds() }

// wake asks for a frame.
func wake() {
	//lint:ignore SA1019 a frame is drawn only when something changed; the successor draws nothing but runs on
	ebiten.ScheduleFrame()
}
