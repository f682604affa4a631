// Writes its specialisation constants and the workgroup size they give.
#version 450
layout(local_size_x_id = 0, local_size_y_id = 1) in;
layout(constant_id = 2) const int INTEGER = -1;
layout(constant_id = 3) const float REAL = 0.5;
layout(constant_id = 4) const bool FLAG = false;
layout(binding = 0) writeonly buffer Y { float y[5]; };

void main() {
    y[0] = float(gl_WorkGroupSize.x);
    y[1] = float(gl_WorkGroupSize.y);
    y[2] = float(INTEGER);
    y[3] = REAL;
    y[4] = FLAG ? 1.0 : 0.0;
}
