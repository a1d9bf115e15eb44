#include "ai/forecast/quantiles.h"

#include <cmath>
#include <numbers>

namespace tarn::ai {

namespace {

double NormalCdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

// Regularised incomplete beta function by Lentz's continued fraction (Abramowitz and Stegun 26.5.8).
double IncompleteBeta(double a, double b, double x) {
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    if (x > (a + 1) / (a + b + 2)) return 1 - IncompleteBeta(b, a, 1 - x);
    constexpr double kTiny = 1e-300;
    double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x)) / a;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (std::abs(d) < kTiny ? kTiny : d);
    double h = d;
    for (int m = 1; m < 500; m++) {
        auto step = [&](double numerator) {
            d = 1 + numerator * d;
            d = 1 / (std::abs(d) < kTiny ? kTiny : d);
            c = 1 + numerator / c;
            if (std::abs(c) < kTiny) c = kTiny;
            h *= d * c;
            return d * c;
        };
        step(m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)));
        if (std::abs(step(-(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))) - 1) < 1e-15) break;
    }
    return front * h;
}

double StudentCdf(double t, double degrees) {
    double tail = 0.5 * IncompleteBeta(degrees / 2, 0.5, degrees / (degrees + t * t));
    return t > 0 ? 1 - tail : tail;
}

// The root of an ascending function.
template <class Cdf>
double Invert(const Cdf &cdf, double p) {
    double low = -1, high = 1;
    while (cdf(low) > p && low > -1e12) low *= 2;
    while (cdf(high) < p && high < 1e12) high *= 2;
    for (int i = 0; i < 200 && high - low > 1e-13 * (1 + std::abs(low)); i++) {
        double middle = 0.5 * (low + high);
        (cdf(middle) < p ? low : high) = middle;
    }
    return 0.5 * (low + high);
}

}  // namespace

double NormalQuantile(double p) { return Invert(NormalCdf, p); }

double StudentQuantile(double p, double degrees) {
    return Invert([degrees](double t) { return StudentCdf(t, degrees); }, p);
}

}  // namespace tarn::ai
