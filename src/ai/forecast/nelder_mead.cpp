// J. Nelder and R. Mead, "A simplex method for function minimization" (1965), with the usual coefficients.
#include "ai/forecast/nelder_mead.h"

#include <algorithm>
#include <cmath>

namespace tarn::ai {

std::vector<double> Minimise(const std::function<double(const std::vector<double> &)> &f, std::vector<double> start, double size, int most) {
    struct Corner {
        std::vector<double> at;
        double value;
    };
    size_t n = start.size();
    if (n == 0) return start;
    std::vector<Corner> simplex = {{start, f(start)}};
    for (size_t i = 0; i < n; i++) {
        std::vector<double> at = start;
        at[i] += size;
        double value = f(at);
        simplex.push_back({std::move(at), value});
    }
    auto order = [&] { std::ranges::stable_sort(simplex, {}, &Corner::value); };
    for (int used = static_cast<int>(n) + 1; used < most;) {
        order();
        double best = simplex.front().value, worst = simplex.back().value, spread = 0;
        for (size_t i = 0; i < n; i++) spread = std::max(spread, std::abs(simplex.back().at[i] - simplex.front().at[i]));
        if (std::isfinite(worst) && worst - best <= 1e-9 * (std::abs(best) + 1e-300) && spread < 1e-3) break;
        std::vector<double> centre(n);
        for (size_t c = 0; c < n; c++) {
            for (size_t i = 0; i < n; i++) centre[i] += simplex[c].at[i] / static_cast<double>(n);
        }
        auto point = [&](double factor) {
            Corner corner{std::vector<double>(n), 0};
            for (size_t i = 0; i < n; i++) corner.at[i] = centre[i] + factor * (simplex.back().at[i] - centre[i]);
            corner.value = f(corner.at);
            used++;
            return corner;
        };
        Corner reflected = point(-1);
        if (reflected.value < best) {
            Corner expanded = point(-2);
            simplex.back() = expanded.value < reflected.value ? std::move(expanded) : std::move(reflected);
        } else if (reflected.value < simplex[n - 1].value) {
            simplex.back() = std::move(reflected);
        } else {
            Corner contracted = point(reflected.value < worst ? -0.5 : 0.5);
            if (contracted.value < std::min(reflected.value, worst)) {
                simplex.back() = std::move(contracted);
                continue;
            }
            for (size_t c = 1; c <= n; c++) {
                for (size_t i = 0; i < n; i++) simplex[c].at[i] = 0.5 * (simplex[c].at[i] + simplex[0].at[i]);
                simplex[c].value = f(simplex[c].at);
                used++;
            }
        }
    }
    order();
    return simplex.front().at;
}

}  // namespace tarn::ai
