// Package all registers every scene of the viewer. A new scene is one package and one line here.
package all

import (
	_ "reta/viewer/scene/features"
	_ "reta/viewer/scene/images"
	_ "reta/viewer/scene/lessons"
	_ "reta/viewer/scene/pull"
	_ "reta/viewer/scene/retrieval"
	_ "reta/viewer/scene/sandbox"
	_ "reta/viewer/scene/topology"
	_ "reta/viewer/scene/training"
)
