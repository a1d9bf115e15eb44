#include <gtest/gtest.h>

#include <cmath>

#include "extjson/internal/naming.h"
#include "extjson/internal/scalars.h"
#include "extjson/internal/text.h"

namespace tarn::extjson {
namespace {

TEST(Scalars, Timestamps) {
    EXPECT_EQ(ParseTimestamp("1970-01-01T00:00:00Z"), 0);
    EXPECT_EQ(ParseTimestamp("1970-01-01T00:00:00.000001Z"), 1);
    EXPECT_EQ(ParseTimestamp("1970-01-01T00:00:00.0000019Z"), 1);
    EXPECT_EQ(ParseTimestamp("1970-01-01T00:00:00.123456789"), 123456);
    EXPECT_EQ(ParseTimestamp("1969-12-31T23:59:59.9Z"), -100000);
    EXPECT_EQ(ParseTimestamp("1970-01-01 01:00:00+0100"), 0);
    EXPECT_EQ(ParseTimestamp("1970-01-01T00:00-01:30"), 5400LL * 1000000);
    EXPECT_EQ(ParseTimestamp("1970-01-01T02+02"), std::nullopt);
    EXPECT_EQ(ParseTimestamp("0001-01-01T00:00:00Z"), -62135596800LL * 1000000);
    EXPECT_EQ(ParseTimestamp("9999-12-31T23:59:59.999999Z"), 253402300799999999);
    EXPECT_EQ(ParseTimestamp("2024-02-29T12:34:56.7Z"), 1709210096700000);
    EXPECT_EQ(ParseTimestamp("2010-08-25T18:10:17.12345Z"), 1282759817123450);
    EXPECT_EQ(ParseTimestamp("2010-08-25T18:10:17.Z"), 1282759817000000);
    EXPECT_EQ(ParseTimestamp("2010-08-25 18:10:17Z"), 1282759817000000);
    for (const char *bad : {"2010-08-25T18:10:17.x12Z",
                            "2010-08-25T18-10:17Z",
                            "2010-08-2aT18:10:17Z",
                            "2010-00-25T18:10:17Z",
                            "2010-08-00T18:10:17Z",
                            "2010-08-25T18:10:1aZ",
                            "",
                            "x",
                            "2010",
                            "2010-1-1",
                            "2010-02-29",
                            "2010-01-01T",
                            "2010-01-01T24:00:00Z",
                            "2010-01-01T00:60:00Z",
                            "2010-01-01T00:00:60Z",
                            "2010-01-01T00:00:00.1234567890Z",
                            "2010-01-01T00:00:00ZZ",
                            "2010-01-01T00:00:0Z",
                            "2010-01-01T00:00:00+1",
                            "2010-01-01T00:00:00 UTC",
                            "2010-01-01T00:00:",
                            "2010-01-01T00:00:00+19:00"}) {
        EXPECT_EQ(ParseTimestamp(bad), std::nullopt) << bad;
    }
}

TEST(Scalars, Decimals) {
    EXPECT_EQ(ParseDecimal("12.345", 5, 3), 12345);
    EXPECT_EQ(ParseDecimal("-0.005", 5, 2), -1);
    EXPECT_EQ(ParseDecimal("0.0049", 5, 2), 0);
    EXPECT_EQ(ParseDecimal("1e2", 5, 2), 10000);
    EXPECT_EQ(ParseDecimal("+1E+2", 5, 2), 10000);
    EXPECT_EQ(ParseDecimal("9.995", 3, 2), std::nullopt);
    EXPECT_EQ(ParseDecimal("1e38", 38, 0), std::nullopt);
    EXPECT_EQ(ParseDecimal("0e50", 5, 2), 0);
    EXPECT_EQ(ParseDecimal("1e-500", 5, 2), 0);
    for (const char *bad : {"", "-", ".", "1e", "1x", "NaN", "1.2.3", "1e999999999999"})
        EXPECT_EQ(ParseDecimal(bad, 38, 2), std::nullopt) << bad;
}

TEST(Scalars, Doubles) {
    EXPECT_EQ(ParseDouble("1.5"), 1.5);
    EXPECT_EQ(ParseDouble("-1e400"), -INFINITY);
    EXPECT_EQ(ParseDouble("1e-400"), 0.0);
    EXPECT_EQ(ParseDouble("1E-559994121783"), 0.0);
    EXPECT_EQ(ParseDouble("7e559994121783"), INFINITY);
    EXPECT_EQ(ParseDouble("0e559994121783"), 0.0);
    EXPECT_EQ(ParseDouble("-Infinity"), -INFINITY);
    EXPECT_TRUE(std::isnan(*ParseDouble("NaN")));
    EXPECT_EQ(ParseDouble("4.9406564584124654e-324"), 4.9406564584124654e-324);
    for (const char *bad : {"", "nan", "inf", "infinity", "+1", "0x10", "1 "})
        EXPECT_EQ(ParseDouble(bad), std::nullopt) << bad;
}

TEST(Scalars, Base64) {
    EXPECT_EQ(ParseBase64("aGVsbG8="), "hello");
    EXPECT_EQ(ParseBase64("-_8"), "\xfb\xff");
    EXPECT_EQ(ParseBase64(""), "");
    EXPECT_EQ(ParseBase64("a"), std::nullopt);
    EXPECT_EQ(ParseBase64("a b="), std::nullopt);
}

TEST(Names, Flat) {
    EXPECT_EQ(FlatName("_id_$oid"), "id_oid");
    EXPECT_EQ(FlatName("__a__b__"), "a__b");
    EXPECT_EQ(FlatName("$_"), "$_");
}

TEST(Text, Unescape) {
    auto unescape = [](std::string text) -> std::string {
        text.resize(text.size() + 64);
        std::string out(text.size() + 64, '?');
        char *end = Unescape(text.data(), text.data() + text.size() - 64, out.data());
        return end ? out.substr(0, size_t(end - out.data())) : "wrong";
    };
    EXPECT_EQ(unescape(R"(a\"\\\/\b\f\n\r\tz)"), "a\"\\/\b\f\n\r\tz");
    EXPECT_EQ(unescape(R"(\u0041\u00e9\u2600\ud83d\ude00)"), "Aé☀😀");
    EXPECT_EQ(unescape(R"(\u0000)"), std::string(1, '\0'));
    for (const char *bad :
         {R"(\x)", R"(\u12)", R"(\u12g4)", R"(\ud800)", R"(\ud800x)", R"(\udc00)", R"(\ud800\u0041)", "\\"}) {
        EXPECT_EQ(unescape(bad), "wrong") << bad;
    }
}

}  // namespace
}  // namespace tarn::extjson
