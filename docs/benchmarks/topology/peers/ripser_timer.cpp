// Times Ripser inside one process: its source file is included as it stands, its main renamed.
//
//     c++ -std=c++11 -O3 -DNDEBUG -I DIR_OF_RIPSER_CPP ripser_timer.cpp -o ripser_timer
//     ripser_timer sparse EDGES SECONDS     lines "i j d", as Ripser's --format sparse
//     ripser_timer matrix LOWER SECONDS     numbers below the diagonal, as --format lower-distance
//
// Prints the processor's microseconds of the fastest run and the number of bars of H1. A run of a graph is from the list
// of edges to the bars, one of a matrix from the distances over the enclosing radius to the bars. Reading is left out, and
// so is printing: the stream of bars is shut while the clock runs. Short runs are timed a batch at a time.

#define main ripser_main
#include "ripser.cpp"
#undef main
#include <ctime>

struct edge {
	size_t i, j;
	value_t d;
};

static void graph(const std::vector<edge>& edges) {
	std::vector<std::vector<index_diameter_t>> neighbors;
	for (const edge& e : edges) {
		neighbors.resize(std::max({neighbors.size(), e.i + 1, e.j + 1}));
		neighbors[e.i].push_back({index_t(e.j), e.d});
		neighbors[e.j].push_back({index_t(e.i), e.d});
	}
	for (auto& row : neighbors) std::sort(row.begin(), row.end());
	ripser<sparse_distance_matrix>(sparse_distance_matrix(std::move(neighbors), edges.size()), 1,
	                               std::numeric_limits<value_t>::max(), 1, 2)
	    .compute_barcodes();
}

static void matrix(const std::vector<value_t>& lower) {
	compressed_lower_distance_matrix dist((std::vector<value_t>(lower)));
	value_t enclosing = std::numeric_limits<value_t>::infinity();
	for (size_t i = 0; i < dist.size(); ++i) {
		value_t far = -std::numeric_limits<value_t>::infinity();
		for (size_t j = 0; j < dist.size(); ++j) far = std::max(far, dist(i, j));
		enclosing = std::min(enclosing, far);
	}
	ripser<compressed_lower_distance_matrix>(std::move(dist), 1, enclosing, 1, 2).compute_barcodes();
}

static double microseconds() {
	timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return 1e6 * t.tv_sec + 1e-3 * t.tv_nsec;
}

int main(int argc, char** argv) {
	if (argc != 4) return 2;
	const bool sparse = std::string(argv[1]) == "sparse";
	std::ifstream file(argv[2]);
	std::vector<edge> edges;
	std::vector<value_t> lower;
	edge e;
	value_t d;
	if (sparse)
		while (file >> e.i >> e.j >> e.d) edges.push_back(e);
	else
		while (file >> d) {
			lower.push_back(d);
			file.ignore();
		}
	const auto run = [&] { sparse ? graph(edges) : matrix(lower); };

	std::ostringstream text;
	std::streambuf* out = std::cout.rdbuf(text.rdbuf());
	run();
	std::cout.rdbuf(out);
	size_t bars = 0;
	for (size_t at = text.str().find("dim 1"); (at = text.str().find(" [", at)) != std::string::npos; ++at) ++bars;

	std::cout.setstate(std::ios::failbit);
	double once = microseconds();
	run();
	const int batch = 1 + int(200 / (microseconds() - once + 1));
	const double end = microseconds() + 1e6 * std::stod(argv[3]);
	double best = std::numeric_limits<double>::infinity();
	do {
		const double start = microseconds();
		for (int i = 0; i < batch; ++i) run();
		best = std::min(best, (microseconds() - start) / batch);
	} while (microseconds() < end);
	std::cout.clear();
	std::cout << best << " " << bars << std::endl;
}
