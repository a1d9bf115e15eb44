#include "ai/forecast.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ai/forecast/quantiles.h"
#include "ai/forecast/smoothing.h"

namespace tarn::ai {

namespace {

// More steps than this between the first and the last observation: the oldest are left out.
constexpr size_t kMostSteps = 20000;
// Seasons of a candidate for "auto" must have been seen twice.
constexpr size_t kCycles = 2;

std::unexpected<Error> Invalid(std::string message) { return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", std::move(message)); }

Result<void> Check(const ForecastOptions &options) {
    if (!(options.interval_width > 0 && options.interval_width < 1)) return Invalid("prediction_interval_width is between 0 and 1, both excluded.");
    if (options.season && (*options.season < 1 || *options.season > 1000)) return Invalid("The season is between 1 and 1000 steps long.");
    if (options.floor && options.cap && *options.floor > *options.cap) return Invalid("The floor is above the cap.");
    bool known = options.model == "auto" || options.model == "linear" ||
                 std::ranges::any_of(SmoothingModels(), [&](const SmoothingModel &model) { return model.name == options.model; });
    if (known) return {};
    std::string names;
    for (const SmoothingModel &model : SmoothingModels()) names += ", " + std::string(model.name);
    return Invalid("The model '" + options.model + "' is not known. There are: auto, linear" + names + ".");
}

// Ascending, one a time: repetitions are averaged, in an order that does not depend on how they came.
std::vector<Observation> Tidy(std::vector<Observation> observations) {
    std::erase_if(observations, [](const Observation &o) { return !std::isfinite(o.value); });
    std::ranges::sort(observations, [](const Observation &a, const Observation &b) { return a.time != b.time ? a.time < b.time : a.value < b.value; });
    std::vector<Observation> out;
    for (size_t i = 0; i < observations.size();) {
        size_t end = i;
        double sum = 0;
        while (end < observations.size() && observations[end].time == observations[i].time) sum += observations[end++].value;
        out.push_back({observations[i].time, sum / static_cast<double>(end - i)});
        i = end;
    }
    return out;
}

// How many steps `time` is before `last`, to the nearest.
int64_t StepsBefore(Frequency frequency, int64_t last, int64_t time) {
    if (frequency.months == 0) return static_cast<int64_t>(std::llround(static_cast<double>(last - time) / static_cast<double>(frequency.micros)));
    constexpr double kMonth = 365.2425 / 12 * 86400e6;
    auto guess = static_cast<int64_t>(static_cast<double>(last - time) / (kMonth * frequency.months));
    int64_t best = guess;
    int64_t distance = std::numeric_limits<int64_t>::max();
    for (int64_t steps = std::max<int64_t>(0, guess - 1); steps <= guess + 2; steps++) {
        int64_t off = std::abs(Step(frequency, last, -steps) - time);
        if (off < distance) {
            distance = off;
            best = steps;
        }
    }
    return best;
}

// A value for each step from the first observation to the last; NaN where there is none.
std::vector<double> Regular(const std::vector<Observation> &observations, Frequency frequency) {
    int64_t last = observations.back().time;
    auto steps = static_cast<size_t>(std::min<int64_t>(StepsBefore(frequency, last, observations[0].time), kMostSteps));
    std::vector<double> sums(steps + 1), counts(steps + 1);
    for (const Observation &observation : observations) {
        int64_t before = StepsBefore(frequency, last, observation.time);
        if (before > static_cast<int64_t>(steps) || std::isnan(observation.value)) continue;
        sums[steps - static_cast<size_t>(before)] += observation.value;
        counts[steps - static_cast<size_t>(before)]++;
    }
    for (size_t i = 0; i < sums.size(); i++) sums[i] = counts[i] > 0 ? sums[i] / counts[i] : std::numeric_limits<double>::quiet_NaN();
    return sums;
}

struct Line {
    double intercept = 0, slope = 0, mean_t = 0, spread = 0, squares = 0;
    double n = 0;
};

Line FitLine(const std::vector<double> &values) {
    Line line;
    double mean_y = 0;
    for (size_t t = 0; t < values.size(); t++) {
        if (std::isnan(values[t])) continue;
        line.n++;
        line.mean_t += static_cast<double>(t);
        mean_y += values[t];
    }
    line.mean_t /= line.n;
    mean_y /= line.n;
    double product = 0;
    for (size_t t = 0; t < values.size(); t++) {
        if (std::isnan(values[t])) continue;
        double x = static_cast<double>(t) - line.mean_t;
        line.spread += x * x;
        product += x * (values[t] - mean_y);
    }
    line.slope = line.spread > 0 ? product / line.spread : 0;
    line.intercept = mean_y - line.slope * line.mean_t;
    for (size_t t = 0; t < values.size(); t++) {
        if (std::isnan(values[t])) continue;
        double error = values[t] - line.intercept - line.slope * static_cast<double>(t);
        line.squares += error * error;
    }
    return line;
}

double AiccOf(const Line &line) {
    constexpr double k = 3;
    if (line.n <= k + 1) return std::numeric_limits<double>::infinity();
    return line.n * std::log(std::max(line.squares, 1e-300) / line.n) + 2 * k + 2 * k * (k + 1) / (line.n - k - 1);
}

void Predict(const Line &line, size_t length, double width, Forecast &out) {
    out.model = "linear";
    out.aicc = AiccOf(line);
    out.parameters = 3;
    out.intercept = line.intercept;
    out.slope = line.slope;
    double degrees = line.n - 2;
    out.sigma = degrees > 0 ? std::sqrt(line.squares / degrees) : 0;
    double quantile = degrees >= 1 ? StudentQuantile(0.5 + width / 2, degrees) : 0;
    for (size_t h = 0; h < out.points.size(); h++) {
        double t = static_cast<double>(length + h);
        double value = line.intercept + line.slope * t;
        double off = t - line.mean_t;
        double half = quantile * out.sigma * std::sqrt(1 + 1 / line.n + (line.spread > 0 ? off * off / line.spread : 0));
        out.points[h].value = value;
        out.points[h].lower = value - half;
        out.points[h].upper = value + half;
    }
}

void Predict(const SmoothingFit &fit, double width, uint64_t seed, Forecast &out) {
    out.model = fit.model.name;
    out.aicc = fit.Aicc();
    out.sigma = fit.Sigma();
    out.parameters = fit.model.Parameters(fit.period);
    out.alpha = fit.alpha, out.beta = fit.beta, out.gamma = fit.gamma, out.phi = fit.phi;
    auto steps = static_cast<int>(out.points.size());
    std::vector<double> values = fit.Values(steps);
    for (size_t h = 0; h < values.size(); h++) out.points[h].value = values[h];
    if (fit.model.season == Season::kMultiplied) {
        std::vector<std::pair<double, double>> bounds = fit.Simulate(steps, width, seed);
        for (size_t h = 0; h < values.size(); h++) {
            out.points[h].lower = bounds[h].first;
            out.points[h].upper = bounds[h].second;
        }
        return;
    }
    double quantile = NormalQuantile(0.5 + width / 2);
    std::vector<double> deviations = fit.Deviations(steps);
    for (size_t h = 0; h < values.size(); h++) {
        out.points[h].lower = values[h] - quantile * deviations[h];
        out.points[h].upper = values[h] + quantile * deviations[h];
    }
}

bool Constant(const std::vector<double> &values) {
    double first = std::numeric_limits<double>::quiet_NaN();
    for (double value : values) {
        if (std::isnan(value)) continue;
        if (std::isnan(first)) first = value;
        if (value != first) return false;
    }
    return true;
}

// A season that multiplies is tried, at some cost, where one that is added is not far from being the best.
constexpr double kHopeless = 10;

// The best of all that the series is long enough for. One that is simpler wins a tie.
Result<void> Choose(const std::vector<double> &values, int period, const ForecastOptions &options, Forecast &out) {
    Line line = FitLine(values);
    bool any = options.model == "auto";
    if (options.model == "linear" || Constant(values) || line.n < 4) {
        if (!any && options.model != "linear" && line.n < 4) {
            return Fail(ErrorKind::kInvalidInput, "FORECAST_NOT_POSSIBLE", "The model " + options.model + " needs more than " + std::to_string(static_cast<int>(line.n)) + " observations.");
        }
        Predict(line, values.size(), options.interval_width, out);
        return {};
    }
    double best = any ? AiccOf(line) : std::numeric_limits<double>::infinity();
    double best_season = std::numeric_limits<double>::infinity(), best_other = best;
    std::optional<SmoothingFit> chosen;
    for (const SmoothingModel &model : SmoothingModels()) {
        if (!any && model.name != options.model) continue;
        if (any && model.season != Season::kNone && values.size() < kCycles * static_cast<size_t>(period) + 1) continue;
        if (any && model.season == Season::kMultiplied && !(best_season < best_other + kHopeless)) continue;
        std::optional<SmoothingFit> fit = Fit(model, values, period);
        if (fit && model.season == Season::kAdded) best_season = std::min(best_season, fit->Aicc());
        if (fit && model.season == Season::kNone) best_other = std::min(best_other, fit->Aicc());
        if (!fit || (any && !(fit->Aicc() < best - 1e-9))) continue;
        best = fit->Aicc();
        chosen = std::move(fit);
    }
    if (chosen) {
        Predict(*chosen, options.interval_width, options.seed, out);
    } else if (any) {
        Predict(line, values.size(), options.interval_width, out);
    } else {
        Error error = MakeError(ErrorKind::kInvalidInput, "FORECAST_NOT_POSSIBLE",
                                "The model " + options.model + " does not fit " + std::to_string(static_cast<int>(line.n)) + " observations with a season of " + std::to_string(period) + " steps.");
        error.remedy = "It needs two whole seasons (of at least two steps), more values than parameters, and for a season that multiplies values above 0. 'auto' takes what fits.";
        return Fail(std::move(error));
    }
    return {};
}

}  // namespace

Result<Forecast> MakeForecast(std::vector<Observation> observations, const ForecastOptions &options) {
    TARN_CHECK(Check(options));
    std::vector<Observation> tidy = Tidy(std::move(observations));
    if (tidy.empty()) return Invalid("There is no observation to forecast from.");
    std::vector<int64_t> times;
    for (const Observation &observation : tidy) times.push_back(observation.time);
    Frequency frequency = options.frequency ? *options.frequency : InferFrequency(times);
    // A step without a value at the end is a missing one.
    if (options.last && *options.last > times.back()) {
        times.push_back(*options.last);
        tidy.push_back({*options.last, std::numeric_limits<double>::quiet_NaN()});
    }
    Forecast out;
    for (int64_t step = 1;; step++) {
        int64_t time = Step(frequency, times.back(), step);
        if (time >= options.horizon) break;
        if (step > kMostForecastPoints) {
            return Invalid("The horizon is more than " + std::to_string(kMostForecastPoints) + " steps away. Use a nearer horizon or a longer frequency.");
        }
        out.points.push_back({time, 0, 0, 0});
    }
    out.observations = static_cast<int>(std::ranges::count_if(tidy, [](const Observation &o) { return !std::isnan(o.value); }));
    TARN_CHECK(Choose(Regular(tidy, frequency), options.season.value_or(SeasonOf(frequency)), options, out));
    auto within = [&](double value) {
        if (options.floor) value = std::max(value, *options.floor);
        return options.cap ? std::min(value, *options.cap) : value;
    };
    for (ForecastPoint &point : out.points) point = {point.time, within(point.value), within(point.lower), within(point.upper)};
    return out;
}

}  // namespace tarn::ai
