// ai/forecast/smoothing.h: exponential smoothing as a state space model with additive errors.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tarn::ai {

enum class Trend : uint8_t { kNone, kAdded, kDamped };
enum class Season : uint8_t { kNone, kAdded, kMultiplied };

struct SmoothingModel {
    std::string_view name;
    Trend trend;
    Season season;
    int Parameters(int period) const;  // Smoothing, initial states (the seasonal ones less one) and the error's variance.
};

// Every model, the simplest first.
const std::vector<SmoothingModel> &SmoothingModels();

struct SmoothingFit {
    SmoothingModel model;
    int period = 1;
    double alpha = 0, beta = 0, gamma = 0, phi = 1;
    // After the last value:
    double level = 0, trend = 0;
    std::vector<double> season;  // season[0] is the next step's.
    double squares = 0;          // Sum of squared errors.
    int observations = 0;

    double Aicc() const;
    double Sigma() const;  // With degrees of freedom taken off.
    std::vector<double> Values(int steps) const;
    // Standard deviations of the errors of 1 … steps steps. REQUIRES: the season is not multiplied.
    std::vector<double> Deviations(int steps) const;
    // Lower and upper quantiles of simulated futures.
    std::vector<std::pair<double, double>> Simulate(int steps, double interval_width, uint64_t seed) const;
};

// NaN: missing. nullopt: too few values for the model, or not all above 0 for a season that multiplies.
std::optional<SmoothingFit> Fit(const SmoothingModel &model, const std::vector<double> &values, int period);

}  // namespace tarn::ai
