// Buffers of four floats an element: as 64-bit words, or, for devices without 64-bit integers (PLAIN), as vec4.
#ifdef PLAIN
#define wide4 vec4
#define all4(v) (v)
#define toWide4(v) (v)
#else
#include "wide.glsl"
#endif
