#include "ai/forecast/smoothing.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "ai/forecast/nelder_mead.h"
#include "ai/forecast/quantiles.h"

namespace tarn::ai {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Longer seasons start from averages: to estimate each of their states would take more values than most series have.
constexpr int kLongestEstimatedSeason = 24;
constexpr double kLeastPhi = 0.8, kMostPhi = 0.98;  // Below, there is hardly a trend; above, hardly a damping.

struct Smoothing {
    double alpha = 0, beta = 0, gamma = 0, phi = 1;
};

double Squash(double x) { return 1e-4 + (1 - 2e-4) / (1 + std::exp(-x)); }

// Free numbers to parameters in their bounds: 0 < alpha < 1, 0 < beta < alpha, 0 < gamma < 1 - alpha.
Smoothing ParametersOf(const SmoothingModel &model, const std::vector<double> &free) {
    Smoothing out;
    size_t i = 0;
    out.alpha = Squash(free[i++]);
    if (model.trend != Trend::kNone) out.beta = out.alpha * Squash(free[i++]);
    if (model.season != Season::kNone) out.gamma = (1 - out.alpha) * Squash(free[i++]);
    if (model.trend == Trend::kDamped) out.phi = kLeastPhi + (kMostPhi - kLeastPhi) * Squash(free[i++]);
    return out;
}

size_t FreeCount(const SmoothingModel &model) {
    return 1 + (model.trend != Trend::kNone) + (model.season != Season::kNone) + (model.trend == Trend::kDamped);
}

struct State {
    double level = 0, trend = 0;
    std::vector<double> season;  // [t % period]
};

class Fitter {
public:
    Fitter(const SmoothingModel &model, const std::vector<double> &values, int period)
        : model_(model), values_(values), period_(model.season == Season::kNone ? 1 : static_cast<size_t>(period)),
          estimate_season_(model.season != Season::kNone && period <= kLongestEstimatedSeason) {
        for (double value : values) observed_ += !std::isnan(value);
    }

    std::optional<SmoothingFit> Run() {
        size_t cycles = model_.season == Season::kNone ? 1 : 2;
        if (observed_ <= static_cast<size_t>(model_.Parameters(static_cast<int>(period_))) + 1 || values_.size() < cycles * period_) return std::nullopt;
        if (model_.season == Season::kMultiplied && std::ranges::any_of(values_, [](double v) { return v <= 0; })) return std::nullopt;
        Start();
        auto squares = [this](const std::vector<double> &at) { return Squares(at); };
        // A short walk from each start; the two that came lowest go on to the bottom of their valleys.
        std::vector<std::pair<double, std::vector<double>>> walks;
        for (std::vector<double> &start : Starts()) {
            std::vector<double> at = Minimise(squares, std::move(start), 1.0, 50);
            double low = Squares(at);
            walks.emplace_back(low, std::move(at));
        }
        std::ranges::stable_sort(walks, {}, &std::pair<double, std::vector<double>>::first);
        double best = kInfinity;
        std::vector<double> found;
        for (size_t i = 0; i < std::min<size_t>(2, walks.size()); i++) {
            if (i > 0 && walks[i].first > 1.1 * best) break;
            std::vector<double> at = Minimise(squares, walks[i].second, 0.3, 300);
            if (double low = Squares(at); low < best) {
                best = low;
                found = std::move(at);
            }
        }
        if (!std::isfinite(best)) return std::nullopt;
        return Finish(found);
    }

private:
    // The surface can have a valley for a slow level, a quick one, a quick trend, and a quick season.
    std::vector<std::vector<double>> Starts() const {
        struct Corner {
            double alpha, beta, gamma;
        };
        std::vector<std::vector<double>> starts;
        for (Corner start : {Corner{-2, -2, -2}, Corner{0.5, -2, -2}, Corner{2, 1, -2}, Corner{-2, -2, 2}}) {
            bool trend = model_.trend != Trend::kNone, season = model_.season != Season::kNone;
            if ((start.beta > 0 && !trend) || (start.gamma > 0 && !season)) continue;
            std::vector<double> free(FreeCount(model_), -2.0);
            free[0] = start.alpha;
            if (trend) free[1] = start.beta;
            if (season) free[1 + trend] = start.gamma;
            bool quick = start.beta > 0 || start.gamma > 0;
            if (model_.trend == Trend::kDamped) free.back() = quick ? -3 : 1;
            starts.push_back(std::move(free));
        }
        return starts;
    }

    // Averages to begin with: a straight line, and how far each position of the season is off it.
    void Start() {
        double n = 0, sum_t = 0, sum_y = 0, sum_tt = 0, sum_ty = 0;
        for (size_t t = 0; t < values_.size(); t++) {
            if (std::isnan(values_[t])) continue;
            double x = static_cast<double>(t);
            n++, sum_t += x, sum_y += values_[t], sum_tt += x * x, sum_ty += x * values_[t];
        }
        double spread = n * sum_tt - sum_t * sum_t;
        double slope = spread > 0 ? (n * sum_ty - sum_t * sum_y) / spread : 0;
        double intercept = (sum_y - slope * sum_t) / n;
        start_.season.assign(period_, model_.season == Season::kMultiplied ? 1 : 0);
        start_.trend = model_.trend == Trend::kNone ? 0 : slope;
        start_.level = model_.trend == Trend::kNone ? sum_y / n : intercept - slope;
        if (model_.season == Season::kNone) return;
        std::vector<double> sums(period_), counts(period_);
        for (size_t t = 0; t < values_.size(); t++) {
            double line = intercept + slope * static_cast<double>(t);
            if (std::isnan(values_[t]) || (model_.season == Season::kMultiplied && line <= 0)) continue;
            sums[t % period_] += model_.season == Season::kMultiplied ? values_[t] / line : values_[t] - line;
            counts[t % period_]++;
        }
        double mean = 0;
        for (size_t i = 0; i < period_; i++) {
            if (counts[i] > 0) start_.season[i] = sums[i] / counts[i];
            mean += start_.season[i] / static_cast<double>(period_);
        }
        for (double &season : start_.season) season = model_.season == Season::kMultiplied ? season / mean : season - mean;
    }

    size_t StateCount() const { return 1 + (model_.trend != Trend::kNone) + (estimate_season_ ? period_ - 1 : 0); }

    // Moves one of the free numbers of a state; the last of the season follows, so that a season adds nothing on the whole.
    void Move(State &state, size_t which, double by) const {
        if (which == 0) {
            state.level += by;
            return;
        }
        size_t trend = model_.trend != Trend::kNone;
        if (which == 1 && trend) {
            state.trend += by;
            return;
        }
        state.season[which - 1 - trend] += by;
        state.season[period_ - 1] -= by;
    }

    // One pass over the series. Returns the sum of squares; a missing value is taken as if it had come as expected.
    double Filter(const Smoothing &p, State &state, std::vector<double> *errors) const {
        double squares = 0;
        if (errors) errors->clear();
        bool multiplied = model_.season == Season::kMultiplied, seasonal = model_.season != Season::kNone;
        for (size_t t = 0, at = 0; t < values_.size(); t++, at = at + 1 == period_ ? 0 : at + 1) {
            double carried = state.level + p.phi * state.trend;
            double season = state.season[at];
            double expected = multiplied ? carried * season : carried + season;
            double error = std::isnan(values_[t]) ? 0 : values_[t] - expected;
            if (errors && !std::isnan(values_[t])) errors->push_back(error);
            squares += error * error;
            double own = multiplied ? error / season : error;
            state.level = carried + p.alpha * own;
            state.trend = p.phi * state.trend + p.beta * own;
            if (seasonal) state.season[at] = season + p.gamma * (multiplied ? error / carried : error);
        }
        return std::isfinite(squares) ? squares : kInfinity;
    }

    // The least squares over the initial states for given smoothing: exact in one step where the season is added, since errors
    // are then linear in the states; else two steps of Gauss and Newton from the states of the best fit so far.
    double Squares(const std::vector<double> &free) {
        Smoothing p = ParametersOf(model_, free);
        bool multiplied = model_.season == Season::kMultiplied;
        best_ = multiplied && !warm_.season.empty() ? warm_ : start_;
        State end = best_;
        double squares = Filter(p, end, &errors_);
        int rounds = multiplied ? 2 : 1;
        for (int round = 0; round < rounds && std::isfinite(squares); round++) {
            State moved = best_;
            if (!Improve(p, moved)) break;
            end = moved;
            double now = Filter(p, end, &errors_);
            if (!(now < squares)) break;
            bool small = squares - now < 1e-9 * squares;
            squares = now;
            best_ = std::move(moved);
            if (small) break;
        }
        if (multiplied && squares < warm_squares_) {
            warm_squares_ = squares;
            warm_ = best_;
        }
        return squares;
    }

    // One step of Gauss and Newton from `state`, whose errors are in errors_.
    bool Improve(const Smoothing &p, State &state) {
        size_t k = StateCount();
        if (!(model_.season == Season::kMultiplied ? Differences(p, state) : Slopes(p))) return false;
        matrix_.assign(k * k, 0);
        right_.assign(k, 0);
        for (size_t i = 0; i < errors_.size(); i++) {
            const double *row = &jacobian_[i * k];
            for (size_t a = 0; a < k; a++) {
                right_[a] -= row[a] * errors_[i];
                for (size_t b = 0; b < k; b++) matrix_[a * k + b] += row[a] * row[b];
            }
        }
        if (!Solve(matrix_, right_)) return false;
        for (size_t j = 0; j < k; j++) Move(state, j, right_[j]);
        return true;
    }

    // jacobian_[i * k + j]: what a unit more of initial state j does to error i. Where nothing multiplies, an error's slopes
    // follow the model's own recursion, all k at once.
    bool Slopes(const Smoothing &p) {
        size_t k = StateCount(), trend = model_.trend != Trend::kNone;
        std::vector<double> level(k), slope(k), season(period_ * k);
        level[0] = 1;
        if (trend) slope[1] = 1;
        for (size_t j = 1 + trend; j < k; j++) {
            season[(j - 1 - trend) * k + j] = 1;
            season[(period_ - 1) * k + j] = -1;
        }
        jacobian_.resize(errors_.size() * k);
        double *row = jacobian_.data();
        std::vector<double> ignored(k);
        for (size_t t = 0, at = 0; t < values_.size(); t++, at = at + 1 == period_ ? 0 : at + 1) {
            bool missing = std::isnan(values_[t]);
            double *errors = missing ? ignored.data() : row;
            double *own = &season[at * k];
            for (size_t j = 0; j < k; j++) {
                double carried = level[j] + p.phi * slope[j];
                double error = missing ? 0 : -carried - own[j];
                errors[j] = error;
                level[j] = carried + p.alpha * error;
                slope[j] = p.phi * slope[j] + p.beta * error;
                own[j] += p.gamma * error;
            }
            if (!missing) row += k;
        }
        return true;
    }

    bool Differences(const Smoothing &p, const State &state) {
        size_t k = StateCount(), n = errors_.size();
        double scale = std::max(1e-8, std::abs(start_.level));
        jacobian_.resize(n * k);
        std::vector<double> moved_errors;
        for (size_t j = 0; j < k; j++) {
            bool season = j >= 1 + static_cast<size_t>(model_.trend != Trend::kNone);
            double step = season ? 1e-6 : 1e-6 * scale;
            State moved = state;
            Move(moved, j, step);
            if (!std::isfinite(Filter(p, moved, &moved_errors))) return false;
            for (size_t i = 0; i < n; i++) jacobian_[i * k + j] = (moved_errors[i] - errors_[i]) / step;
        }
        return true;
    }

    // Cholesky; `right` becomes the solution.
    static bool Solve(std::vector<double> &a, std::vector<double> &right) {
        size_t k = right.size();
        for (size_t i = 0; i < k; i++) a[i * k + i] *= 1 + 1e-12;
        for (size_t i = 0; i < k; i++) {
            for (size_t j = 0; j <= i; j++) {
                double sum = a[i * k + j];
                for (size_t m = 0; m < j; m++) sum -= a[i * k + m] * a[j * k + m];
                if (i == j) {
                    if (!(sum > 0)) return false;
                    a[i * k + i] = std::sqrt(sum);
                } else {
                    a[i * k + j] = sum / a[j * k + j];
                }
            }
        }
        for (size_t i = 0; i < k; i++) {
            for (size_t m = 0; m < i; m++) right[i] -= a[i * k + m] * right[m];
            right[i] /= a[i * k + i];
        }
        for (size_t i = k; i-- > 0;) {
            for (size_t m = i + 1; m < k; m++) right[i] -= a[m * k + i] * right[m];
            right[i] /= a[i * k + i];
        }
        return std::ranges::all_of(right, [](double x) { return std::isfinite(x); });
    }

    SmoothingFit Finish(const std::vector<double> &free) {
        SmoothingFit fit;
        fit.model = model_;
        fit.period = static_cast<int>(period_);
        fit.squares = Squares(free);
        Smoothing p = ParametersOf(model_, free);
        fit.alpha = p.alpha, fit.beta = p.beta, fit.gamma = p.gamma, fit.phi = p.phi;
        fit.observations = static_cast<int>(observed_);
        State end = best_;
        Filter(p, end, nullptr);
        fit.level = end.level;
        fit.trend = end.trend;
        for (size_t i = 0; i < period_; i++) fit.season.push_back(end.season[(values_.size() + i) % period_]);
        return fit;
    }

    const SmoothingModel model_;
    const std::vector<double> &values_;
    const size_t period_;
    const bool estimate_season_;
    size_t observed_ = 0;
    State start_, best_;
    State warm_;  // The states of the best fit so far: the next one's are near.
    double warm_squares_ = kInfinity;
    std::vector<double> errors_;
    std::vector<double> jacobian_, matrix_, right_;
};

}  // namespace

int SmoothingModel::Parameters(int period) const {
    int count = 2 + 1;  // alpha, level; the variance
    if (trend != Trend::kNone) count += 2;
    if (trend == Trend::kDamped) count++;
    if (season != Season::kNone) count += 1 + (period <= kLongestEstimatedSeason ? period - 1 : 1);
    return count;
}

const std::vector<SmoothingModel> &SmoothingModels() {
    static const std::vector<SmoothingModel> models = {
        {"ANN", Trend::kNone, Season::kNone},       {"AAN", Trend::kAdded, Season::kNone},       {"AAdN", Trend::kDamped, Season::kNone},
        {"ANA", Trend::kNone, Season::kAdded},      {"AAA", Trend::kAdded, Season::kAdded},      {"AAdA", Trend::kDamped, Season::kAdded},
        {"ANM", Trend::kNone, Season::kMultiplied}, {"AAM", Trend::kAdded, Season::kMultiplied}, {"AAdM", Trend::kDamped, Season::kMultiplied},
    };
    return models;
}

double SmoothingFit::Aicc() const {
    double n = observations, k = model.Parameters(period);
    if (n <= k + 1) return kInfinity;
    return n * std::log(std::max(squares, 1e-300) / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1);
}

double SmoothingFit::Sigma() const {
    int degrees = std::max(1, observations - (model.Parameters(period) - 1));
    return std::sqrt(squares / degrees);
}

std::vector<double> SmoothingFit::Values(int steps) const {
    std::vector<double> out;
    double carried = level, damping = 1;
    for (int h = 0; h < steps; h++) {
        damping *= phi;
        carried += damping * trend;
        double s = season[static_cast<size_t>(h) % season.size()];
        out.push_back(model.season == Season::kMultiplied ? carried * s : carried + s);
    }
    return out;
}

std::vector<double> SmoothingFit::Deviations(int steps) const {
    std::vector<double> out;
    double variance = 1, damping = 1, trend_share = 0, sigma = Sigma();
    for (int h = 1; h <= steps; h++) {
        out.push_back(sigma * std::sqrt(variance));
        // What an error of h steps before still does.
        damping *= phi;
        trend_share += damping;
        double effect = alpha + beta * trend_share;
        if (model.season != Season::kNone && h % period == 0) effect += gamma;
        variance += effect * effect;
    }
    return out;
}

std::vector<std::pair<double, double>> SmoothingFit::Simulate(int steps, double interval_width, uint64_t seed) const {
    constexpr size_t kPaths = 5000;
    std::mt19937_64 dice(seed);
    auto uniform = [&dice] { return (static_cast<double>(dice() >> 11) + 0.5) * 0x1p-53; };
    double sigma = Sigma();
    size_t size = static_cast<size_t>(steps);
    std::vector<std::vector<double>> paths(size, std::vector<double>(kPaths));
    for (size_t path = 0; path < kPaths; path++) {
        double l = level, b = trend;
        std::vector<double> s = season;
        for (size_t h = 0, at = 0; h < size; h++, at = at + 1 == s.size() ? 0 : at + 1) {
            // Box and Muller; our own, so that every library gives the same futures.
            double error = sigma * std::sqrt(-2 * std::log(uniform())) * std::cos(2 * M_PI * uniform());
            double carried = l + phi * b, season_now = s[at];
            paths[h][path] = carried * season_now + error;
            double own = season_now != 0 ? error / season_now : 0;
            l = carried + alpha * own;
            b = phi * b + beta * own;
            if (carried != 0) s[at] = season_now + gamma * error / carried;
        }
    }
    std::vector<std::pair<double, double>> out;
    auto low = static_cast<size_t>((1 - interval_width) / 2 * (kPaths - 1));
    size_t high = kPaths - 1 - low;
    for (std::vector<double> &values : paths) {
        std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(low));
        double lower = values[low];
        std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(high));
        out.emplace_back(lower, values[high]);
    }
    return out;
}

std::optional<SmoothingFit> Fit(const SmoothingModel &model, const std::vector<double> &values, int period) {
    if (model.season != Season::kNone && period < 2) return std::nullopt;
    return Fitter(model, values, period).Run();
}

}  // namespace tarn::ai
