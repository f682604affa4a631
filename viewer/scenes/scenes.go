// Package scenes registers every scene of the viewer. A new scene is one package and one line here.
package scenes

import (
	_ "reta/viewer/scenes/compare"
	_ "reta/viewer/scenes/evaluation"
	_ "reta/viewer/scenes/features"
	_ "reta/viewer/scenes/images"
	_ "reta/viewer/scenes/lessons"
	_ "reta/viewer/scenes/pull"
	_ "reta/viewer/scenes/retrieval"
	_ "reta/viewer/scenes/sandbox"
	_ "reta/viewer/scenes/topology"
	_ "reta/viewer/scenes/training"
)
