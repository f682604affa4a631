package app_test

import _ "reta/viewer/scene/all"
