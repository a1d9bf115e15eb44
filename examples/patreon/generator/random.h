// random.h: repeatable randomness, the same bytes on every platform.
//
// No std:: distribution and no libm: only integer steps and IEEE + - * / (built without contraction to
// fused operations), so a seed means one community everywhere. Every document has its own Rng, seeded from
// (seed, collection, index): any document can be made without the ones before it, on any thread.
#pragma once

#include <cmath>
#include <cstdint>

namespace patreon {

// The finaliser of splitmix64: every input bit reaches every output bit.
constexpr uint64_t Mix(uint64_t x) {
    x += 0x9E3779B97F4A7C15ull;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
    return x ^ (x >> 31);
}

// Natural logarithm, x > 0. Relative error below 1e-14. frexp is exact, the rest is plain arithmetic.
inline double Ln(double x) {
    int exponent = 0;
    const double mantissa = std::frexp(x, &exponent);  // [0.5, 1)
    const double s = (mantissa - 1) / (mantissa + 1);
    double term = s, sum = 0;
    for (int k = 1; k < 60; k += 2, term *= s * s) sum += term / k;
    return 2 * sum + exponent * 0.693147180559945309417;
}

// e to the power x, for |x| < 700.
inline double Exp(double x) {
    const int whole = static_cast<int>(x / 0.693147180559945309417);
    const double rest = x - whole * 0.693147180559945309417;
    double term = 1, sum = 1;
    for (int k = 1; k < 24; ++k) sum += term *= rest / k;
    return std::ldexp(sum, whole);
}

inline double Power(double base, double exponent) { return Exp(exponent * Ln(base)); }

class Rng {
public:
    explicit Rng(uint64_t seed) : state_(Mix(seed)) {}

    uint64_t Next() {
        state_ += 0x9E3779B97F4A7C15ull;
        return Mix(state_);
    }
    // [0, 1), 53 bits.
    double Unit() { return static_cast<double>(Next() >> 11) * 0x1p-53; }
    // [0, n). REQUIRES: n > 0.
    uint64_t Below(uint32_t n) { return ((Next() >> 32) * n) >> 32; }
    bool Chance(double p) { return Unit() < p; }
    // Exponential with the given mean.
    double Exponential(double mean) { return -mean * Ln(1 - Unit()); }
    template <class Container>
    const auto &Pick(const Container &items) {
        return items[Below(static_cast<uint32_t>(items.size()))];
    }

private:
    uint64_t state_;
};

}  // namespace patreon
