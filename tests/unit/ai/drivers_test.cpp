#include "ai/drivers.h"

#include <gtest/gtest.h>

namespace tarn::ai {
namespace {

// Eight rows: what is sold on the phone doubles in the west, all else stays.
struct Sales {
    DriverRows rows;
    std::vector<std::optional<std::string_view>> channel, region;
};

Sales MakeSales() {
    Sales out;
    for (int test = 0; test < 2; test++) {
        for (std::string_view channel : {"phone", "web"}) {
            for (std::string_view region : {"east", "west"}) {
                bool grown = test == 1 && channel == "phone" && region == "west";
                out.rows.metric.push_back(grown ? 20 : 10);
                out.rows.test.push_back(static_cast<uint8_t>(test));
                out.channel.emplace_back(channel);
                out.region.emplace_back(region);
            }
        }
    }
    return out;
}

std::vector<Driver> Drivers(const Sales &sales, Aggregation aggregation = Aggregation::kSum, double min_support = 0.05) {
    auto drivers = TopDrivers(sales.rows, {TextDimension("channel", sales.channel), TextDimension("region", sales.region)}, aggregation, min_support);
    EXPECT_TRUE(drivers);
    return drivers ? *drivers : std::vector<Driver>();
}

const Driver *Find(const std::vector<Driver> &drivers, const std::vector<std::string> &contributor) {
    for (const Driver &driver : drivers) {
        if (driver.contributor == contributor) return &driver;
    }
    return nullptr;
}

TEST(Drivers, AreValuesAndPairs) {
    std::vector<Driver> drivers = Drivers(MakeSales());
    EXPECT_EQ(drivers.size(), 8);
    const Driver *pair = Find(drivers, {"channel=phone", "region=west"});
    ASSERT_NE(pair, nullptr);
    EXPECT_EQ(pair->control, 10);
    EXPECT_EQ(pair->test, 20);
    EXPECT_EQ(pair->difference, 10);
    EXPECT_EQ(pair->relative_difference, 1);
    EXPECT_EQ(pair->support, 0.25);
    EXPECT_EQ(pair->unexpected_difference, 10) << "the rest did not change";
    const Driver *phone = Find(drivers, {"channel=phone"});
    ASSERT_NE(phone, nullptr);
    EXPECT_EQ(phone->difference, 10);
    EXPECT_EQ(phone->relative_difference, 0.5);
    EXPECT_EQ(Find(drivers, {"channel=web"})->contribution, 0);
    for (size_t i = 1; i < drivers.size(); i++) EXPECT_LE(drivers[i].contribution, drivers[i - 1].contribution);
}

TEST(Drivers, NeedSupport) {
    for (const Driver &driver : Drivers(MakeSales(), Aggregation::kSum, 0.3)) EXPECT_EQ(driver.contributor.size(), 1);
}

TEST(Drivers, Aggregate) {
    EXPECT_EQ(Find(Drivers(MakeSales(), Aggregation::kAvg), {"channel=phone"})->test, 15);
    EXPECT_EQ(Find(Drivers(MakeSales(), Aggregation::kCount), {"channel=phone"})->test, 2);
    EXPECT_EQ(Find(Drivers(MakeSales(), Aggregation::kMax), {"channel=phone"})->test, 20);
    EXPECT_EQ(Find(Drivers(MakeSales(), Aggregation::kMin), {"channel=phone"})->control, 10);
}

TEST(Drivers, LeaveOutPairsThatSayNothingNew) {
    Sales sales = MakeSales();
    sales.region = sales.channel;  // The same column twice.
    for (const Driver &driver : Drivers(sales)) EXPECT_EQ(driver.contributor.size(), 1) << driver.contributor[0];
}

TEST(Drivers, CutNumbersInThree) {
    std::vector<std::optional<double>> values;
    std::vector<std::string> texts;
    for (int i = 0; i < 60; i++) {
        values.emplace_back(i);
        texts.push_back(std::to_string(i));
    }
    std::vector<std::optional<std::string_view>> views(texts.begin(), texts.end());
    Dimension many = NumberDimension("zip", values, views);
    EXPECT_EQ(many.labels[many.codes[0]], "low (<=19)");
    EXPECT_EQ(many.labels[many.codes[59]], "high (>39)");
    values.resize(10);
    views.resize(10);
    EXPECT_EQ(NumberDimension("zip", values, views).labels[3], "3") << "few numbers stay what they are";
}

TEST(Drivers, NullIsAValue) {
    Sales sales = MakeSales();
    for (auto &region : sales.region) {
        if (region == "west") region = std::nullopt;
    }
    EXPECT_NE(Find(Drivers(sales), {"region=NULL"}), nullptr);
}

TEST(Drivers, SayWhatIsWrong) {
    Sales sales = MakeSales();
    EXPECT_FALSE(TopDrivers(sales.rows, {}, Aggregation::kSum, 2));
    for (uint8_t &test : sales.rows.test) test = 0;
    EXPECT_FALSE(TopDrivers(sales.rows, {}, Aggregation::kSum, 0.1));
    EXPECT_FALSE(ParseAggregation("median"));
    EXPECT_EQ(*ParseAggregation("AVG"), Aggregation::kAvg);
}

}  // namespace
}  // namespace tarn::ai
