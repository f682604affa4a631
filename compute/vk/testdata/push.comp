// Writes its push constants, whose layout has holes.
#version 450
layout(local_size_x = 1) in;
layout(binding = 0) writeonly buffer Y { float y[8]; };
layout(push_constant) uniform P { float a; vec2 b; vec3 c; uint d; int e; } p;

void main() {
    y[0] = p.a;
    y[1] = p.b.x;
    y[2] = p.b.y;
    y[3] = p.c.x;
    y[4] = p.c.y;
    y[5] = p.c.z;
    y[6] = float(p.d);
    y[7] = float(p.e);
}
