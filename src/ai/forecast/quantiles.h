// ai/forecast/quantiles.h: quantiles of distributions.
#pragma once

namespace tarn::ai {

double NormalQuantile(double p);               // 0 < p < 1
double StudentQuantile(double p, double degrees);  // degrees >= 1

}  // namespace tarn::ai
