// Forecasts against numbers that statsmodels 0.14 gives for the same series; tests/interop compares more of them.
#include "ai/forecast.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "ai/forecast/quantiles.h"

namespace tarn::ai {
namespace {

constexpr int64_t kDay = 86400LL * 1000000;

int64_t Date(int year, unsigned month, unsigned day) {
    using namespace std::chrono;
    return sys_days{year_month_day{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}}}.time_since_epoch().count() * kDay;
}

// Box and Jenkins's monthly totals of airline passengers, 1949 to 1960.
const std::vector<double> kPassengers = {
    112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135, 125, 149, 170, 170, 158, 133, 114, 140, 145, 150, 178, 163, 172,
    178, 199, 199, 184, 162, 146, 166, 171, 180, 193, 181, 183, 218, 230, 242, 209, 191, 172, 194, 196, 196, 236, 235, 229, 243, 264, 272, 237, 211,
    180, 201, 204, 188, 235, 227, 234, 264, 302, 293, 259, 229, 203, 229, 242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278, 284, 277, 317,
    313, 318, 374, 413, 405, 355, 306, 271, 306, 315, 301, 356, 348, 355, 422, 465, 467, 404, 347, 305, 336, 340, 318, 362, 348, 363, 435, 491, 505,
    404, 359, 310, 337, 360, 342, 406, 396, 420, 472, 548, 559, 463, 407, 362, 405, 417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432};

std::vector<Observation> Passengers() {
    std::vector<Observation> out;
    for (size_t i = 0; i < kPassengers.size(); i++) out.push_back({Date(1949 + static_cast<int>(i) / 12, 1 + static_cast<unsigned>(i) % 12, 1), kPassengers[i]});
    return out;
}

Forecast Make(std::vector<Observation> observations, const ForecastOptions &options) {
    auto forecast = MakeForecast(std::move(observations), options);
    EXPECT_TRUE(forecast) << (forecast ? "" : forecast.error().ToString());
    return forecast ? *forecast : Forecast();
}

std::string ErrorOf(std::vector<Observation> observations, const ForecastOptions &options) {
    auto forecast = MakeForecast(std::move(observations), options);
    return forecast ? "" : forecast.error().ToString();
}

TEST(Quantiles, AreThoseOfTables) {
    EXPECT_NEAR(NormalQuantile(0.975), 1.959963984540054, 1e-9);
    EXPECT_NEAR(NormalQuantile(0.6), 0.253347103135800, 1e-9);
    EXPECT_NEAR(StudentQuantile(0.975, 3), 3.182446305284263, 1e-9);
    EXPECT_NEAR(StudentQuantile(0.9, 142), 1.28754183, 1e-7);
    EXPECT_NEAR(StudentQuantile(0.5, 7), 0, 1e-6);
}

TEST(Forecast, LinearIsLeastSquaresWithItsPredictionInterval) {
    Forecast forecast = Make(Passengers(), {.horizon = Date(1961, 4, 1), .model = "linear"});
    ASSERT_EQ(forecast.points.size(), 3);
    EXPECT_NEAR(forecast.slope, 2.657184, 1e-6);
    EXPECT_NEAR(forecast.intercept, 90.309962, 1e-5);
    EXPECT_NEAR(forecast.points[0].value, 472.944444, 1e-5);
    EXPECT_NEAR(forecast.points[0].lower, 380.629204, 1e-4);
    EXPECT_NEAR(forecast.points[0].upper, 565.259685, 1e-4);
}

TEST(Forecast, HoltWintersReachesTheLikelihoodOfStatsmodels) {
    Forecast forecast = Make(Passengers(), {.horizon = Date(1962, 1, 1), .model = "AAA"});
    ASSERT_EQ(forecast.points.size(), 12);
    double squares = forecast.sigma * forecast.sigma * (forecast.observations - (forecast.parameters - 1));
    EXPECT_LT(squares, 21567.30);
    EXPECT_NEAR(forecast.points[0].value, 451.578501, 0.05);
    EXPECT_NEAR(forecast.points[6].value, 647.899470, 0.05);
    // Ours take degrees of freedom off the error's variance, theirs do not.
    double wider = std::sqrt(144.0 / (144 - 16));
    EXPECT_NEAR((forecast.points[0].upper - forecast.points[0].lower) / wider, 47.97334, 0.05);
    EXPECT_NEAR((forecast.points[11].upper - forecast.points[11].lower) / wider, 62.594256, 0.1);
}

TEST(Forecast, AutoPrefersTheSeasonThatGrows) {
    Forecast forecast = Make(Passengers(), {.horizon = Date(1962, 1, 1)});
    EXPECT_TRUE(forecast.model.ends_with("M")) << forecast.model;
    auto most = std::ranges::max_element(forecast.points, {}, &ForecastPoint::value);
    EXPECT_EQ(most->time, Date(1961, 7, 1)) << "people fly in July";
    EXPECT_GT(most->value, 590);
    for (const ForecastPoint &point : forecast.points) {
        EXPECT_LT(point.lower, point.value);
        EXPECT_GT(point.upper, point.value);
    }
}

TEST(Forecast, IsTheSameForTheSameSeedAndInAnyOrder) {
    std::vector<Observation> shuffled = Passengers();
    std::reverse(shuffled.begin(), shuffled.end());
    ForecastOptions options{.horizon = Date(1961, 7, 1), .model = "AAM", .seed = 7};
    Forecast one = Make(Passengers(), options), two = Make(shuffled, options);
    ASSERT_EQ(one.points.size(), two.points.size());
    for (size_t i = 0; i < one.points.size(); i++) {
        EXPECT_EQ(one.points[i].value, two.points[i].value);
        EXPECT_EQ(one.points[i].upper, two.points[i].upper);
    }
    options.seed = 8;
    EXPECT_NE(Make(Passengers(), options).points[5].upper, one.points[5].upper);
}

TEST(Forecast, EndsBeforeTheHorizon) {
    Forecast forecast = Make(Passengers(), {.horizon = Date(1961, 3, 1)});
    ASSERT_EQ(forecast.points.size(), 2);
    EXPECT_EQ(forecast.points[0].time, Date(1961, 1, 1));
    EXPECT_EQ(forecast.points[1].time, Date(1961, 2, 1));
    EXPECT_TRUE(Make(Passengers(), {.horizon = Date(1950, 1, 1)}).points.empty());
}

TEST(Forecast, BridgesMissingValues) {
    std::vector<Observation> gaps = Passengers();
    gaps.erase(gaps.begin() + 50, gaps.begin() + 53);
    gaps[20].value = std::nan("");
    Forecast with = Make(gaps, {.horizon = Date(1961, 7, 1), .model = "AAA"}), whole = Make(Passengers(), {.horizon = Date(1961, 7, 1), .model = "AAA"});
    ASSERT_EQ(with.points.size(), whole.points.size());
    EXPECT_EQ(with.observations, 140);
    for (size_t i = 0; i < with.points.size(); i++) EXPECT_NEAR(with.points[i].value, whole.points[i].value, 15);
}

TEST(Forecast, OfFewOrEqualValues) {
    EXPECT_EQ(Make({{0, 5}}, {.horizon = 3 * kDay}).points[1].value, 5);
    Forecast constant = Make({{0, 5}, {kDay, 5}, {2 * kDay, 5}, {3 * kDay, 5}, {4 * kDay, 5}}, {.horizon = 7 * kDay});
    EXPECT_EQ(constant.points[1].value, 5);
    EXPECT_EQ(constant.points[1].lower, 5);
    Forecast two = Make({{0, 1}, {kDay, 3}}, {.horizon = 4 * kDay});
    EXPECT_NEAR(two.points[1].value, 7, 1e-9);
}

TEST(Forecast, StaysWithinFloorAndCap) {
    std::vector<Observation> falling;
    for (int i = 0; i < 10; i++) falling.push_back({i * kDay, 10.0 - i});
    Forecast forecast = Make(falling, {.horizon = 30 * kDay, .floor = 0, .cap = 4});
    for (const ForecastPoint &point : forecast.points) EXPECT_GE(point.lower, 0);
}

TEST(Forecast, SaysWhatIsWrong) {
    EXPECT_TRUE(ErrorOf(Passengers(), {.horizon = 0, .interval_width = 1}).contains("INVALID_PARAMETER_VALUE"));
    EXPECT_TRUE(ErrorOf(Passengers(), {.horizon = 0, .model = "prophet"}).contains("AAdM"));
    EXPECT_TRUE(ErrorOf({}, {.horizon = 0}).contains("no observation"));
    EXPECT_TRUE(ErrorOf(Passengers(), {.horizon = Date(2200, 1, 1), .frequency = Frequency{kDay, 0}}).contains("steps away"));
    EXPECT_TRUE(ErrorOf({{0, 1}, {kDay, 2}, {2 * kDay, 2}, {3 * kDay, 1}, {4 * kDay, 3}}, {.horizon = 9 * kDay, .model = "AAA"}).contains("FORECAST_NOT_POSSIBLE"));
}

TEST(Frequency, IsRead) {
    EXPECT_EQ(*ParseFrequency("D"), (Frequency{kDay, 0}));
    EXPECT_EQ(*ParseFrequency("2 weeks"), (Frequency{14 * kDay, 0}));
    EXPECT_EQ(*ParseFrequency("W-MON"), (Frequency{7 * kDay, 0}));
    EXPECT_EQ(*ParseFrequency("MS"), (Frequency{0, 1}));
    EXPECT_EQ(*ParseFrequency("quarter"), (Frequency{0, 3}));
    EXPECT_EQ(*ParseFrequency("Y"), (Frequency{0, 12}));
    EXPECT_EQ(*ParseFrequency("15min"), (Frequency{15 * 60 * 1000000LL, 0}));
    EXPECT_FALSE(ParseFrequency("fortnight"));
    EXPECT_FALSE(ParseFrequency(""));
}

TEST(Frequency, IsInferred) {
    EXPECT_EQ(InferFrequency({Date(2024, 1, 1), Date(2024, 2, 1), Date(2024, 3, 1), Date(2024, 5, 1)}), (Frequency{0, 1}));
    EXPECT_EQ(InferFrequency({Date(2024, 1, 31), Date(2024, 2, 29), Date(2024, 3, 31)}), (Frequency{0, 1})) << "ends of months";
    EXPECT_EQ(InferFrequency({Date(2022, 1, 1), Date(2023, 1, 1), Date(2024, 1, 1)}), (Frequency{0, 12}));
    EXPECT_EQ(InferFrequency({Date(2024, 1, 1), Date(2024, 1, 8), Date(2024, 1, 15), Date(2024, 1, 16)}), (Frequency{7 * kDay, 0})) << "the most frequent";
    EXPECT_EQ(InferFrequency({Date(2024, 1, 1)}), (Frequency{kDay, 0}));
}

TEST(Frequency, StepsByMonthsKeepTheirDay) {
    Frequency month{0, 1};
    EXPECT_EQ(Step(month, Date(2024, 1, 15), 1), Date(2024, 2, 15));
    EXPECT_EQ(Step(month, Date(2024, 1, 31), 1), Date(2024, 2, 29));
    EXPECT_EQ(Step(month, Date(2024, 2, 29), 1), Date(2024, 3, 31)) << "the last of a month is followed by the last of the next";
    EXPECT_EQ(Step(month, Date(2024, 1, 15), -13), Date(2022, 12, 15));
}

}  // namespace
}  // namespace tarn::ai
