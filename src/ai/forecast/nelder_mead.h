// ai/forecast/nelder_mead.h: the least value of a function of a few numbers, without derivatives.
#pragma once

#include <functional>
#include <vector>

namespace tarn::ai {

// From `start`, until the simplex is flat or after `most` evaluations. `f` may return infinity.
std::vector<double> Minimise(const std::function<double(const std::vector<double> &)> &f, std::vector<double> start, double size = 0.5, int most = 2000);

}  // namespace tarn::ai
