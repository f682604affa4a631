package models

// Build makes a network without drawing its weights.
var Build = build
