package app_test

import _ "reta/viewer/scenes"
