// ai/forecast.h: a series of numbers over time, carried on into the future, with prediction intervals.
//
// Models, all with errors that add up and are normal:
//   linear        y = a + b t, by least squares; intervals by Student's t
//   ANN           simple exponential smoothing     ANA, ANM  with a season that is added, or multiplied
//   AAN           Holt's linear trend              AAA, AAM  Holt-Winters
//   AAdN          Holt's damped trend              AAdA, AAdM
// Smoothing parameters and initial states maximise the likelihood (which for these errors is: minimise the squares); the model is
// chosen by the corrected Akaike criterion. Names as in Hyndman, Koehler, Ord and Snyder, "Forecasting with Exponential Smoothing"
// (2008): error, trend, season. Intervals follow from that book's formulas for variances, and from 5,000 simulated futures where a
// season multiplies.
//
// Threads: functions without state. Cost: 48 months about 40 ms, 150 about 200 ms, without a season a few; linear in the length.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tarn::ai {

// One step of time: a number of microseconds, or of months; the other is 0.
struct Frequency {
    int64_t micros = 0;
    int months = 0;
    bool operator==(const Frequency &) const = default;
};

// "day", "weeks", "2 months", or pandas' aliases: "D", "W", "MS", "M", "ME", "Q", "QS", "Y", "YS", "h", "min", "s", "2W", "W-MON".
// Errors: INVALID_PARAMETER_VALUE
Result<Frequency> ParseFrequency(std::string_view text);

// The most frequent distance of neighbours, in whole months where all fall on one day of the month (or on its last).
// `times` ascend, without repetition; fewer than two: one day.
Frequency InferFrequency(const std::vector<int64_t> &times);

// `time` moved by `steps`; by months, the day is the same or the month's last.
int64_t Step(Frequency frequency, int64_t time, int64_t steps);

// The usual season in steps: 24 hours, 7 days, 52 weeks, 12 months, 4 quarters; else 1 (none).
int SeasonOf(Frequency frequency);

struct Observation {
    int64_t time = 0;  // Microseconds since 1970.
    double value = 0;  // NaN: missing.
};

struct ForecastOptions {
    int64_t horizon = 0;                 // Exclusive end: microseconds since 1970.
    double interval_width = 0.95;        // 0 < width < 1
    std::optional<Frequency> frequency;  // nullopt: inferred
    std::optional<int64_t> last;         // The step that the forecast follows; nullopt: the last observation. Not before it.
    std::string model = "auto";          // or a name from above
    std::optional<int> season;           // nullopt: SeasonOf; 1: none
    std::optional<double> floor, cap;    // Forecast and interval stay within.
    uint64_t seed = 1;                   // Of the simulated futures.
};

struct ForecastPoint {
    int64_t time = 0;
    double value = 0, lower = 0, upper = 0;
};

struct Forecast {
    std::vector<ForecastPoint> points;  // Ascending, from one step after the last observation, before the horizon.
    std::string model;                  // The chosen one's name.
    double aicc = 0;
    double sigma = 0;                   // Standard deviation of one step's error.
    int observations = 0, parameters = 0;      // Parameters: smoothing, initial states, sigma.
    double alpha = 0, beta = 0, gamma = 0, phi = 1;  // Where the model has them.
    double intercept = 0, slope = 0;    // linear: by the step, 0 is the first observation.
};

inline constexpr int64_t kMostForecastPoints = 10000;

// Order and repetition of times do not matter: values of one step are averaged, steps without any are missing.
// Errors: INVALID_PARAMETER_VALUE  width, model, season, more than kMostForecastPoints points, no observation
//         FORECAST_NOT_POSSIBLE    the model asked for needs more observations, or values above 0
Result<Forecast> MakeForecast(std::vector<Observation> observations, const ForecastOptions &options);

}  // namespace tarn::ai
