package observe

import (
	"reta/compute/distill"
	"reta/shared/event"
)

// Picture is an event that costs time to make.
type Picture struct {
	Topic              event.Topic
	Class, Stage, Step int
	// Edge marks the pictures that a stage begins and ends with, and those of a run at rest.
	Edge bool
}

// wants reports whether a picture of the group's class c is to be made now.
func (o *Observer) wants(g *distill.Group, t event.Topic, c int, edge bool) bool {
	return o.Wants(Picture{Topic: t, Class: g.First() + c, Stage: shownStage(g), Step: g.Step(), Edge: edge})
}

// shownStage is the stage that pictures belong to: the last one still when it has ended.
func shownStage(g *distill.Group) int { return min(g.Stage(), g.Recipe.Stages-1) }

// lastConnection is the stage that ended with the last residual connection, or -1.
func lastConnection(g *distill.Group) int {
	stage := min(g.Stage(), g.Recipe.Stages) - 1
	for stage >= 0 && !g.Recipe.Connects(stage) {
		stage--
	}
	return stage
}

// nameOf is the name of candidate k of the group's class c.
func nameOf(g *distill.Group, pool *distill.Pool, c, k int) string {
	return g.Data.Train.ID(pool.Class[g.First()+c][k])
}
