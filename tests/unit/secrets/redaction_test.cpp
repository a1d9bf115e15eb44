// What the process knows as a secret does not leave it, in any of the forms that text takes.
#include "secrets/redaction.h"

#include <gtest/gtest.h>

namespace tarn::secrets {
namespace {

TEST(Redaction, NothingHiddenChangesNothing) {
    EXPECT_FALSE(AnythingHidden());
    EXPECT_EQ(Redacted("hunter2"), "hunter2");
}

TEST(Redaction, AValueIsFoundInsideLongerTextAndInEveryForm) {
    Hide("pass \"word\"\\1");
    EXPECT_EQ(Redacted(R"(a pass "word"\1 b pass "word"\1)"), "a [REDACTED] b [REDACTED]");
    EXPECT_EQ(Redacted(R"({"k":"pass \"word\"\\1"})"), R"({"k":"[REDACTED]"})");
    EXPECT_EQ(Redacted(R"({"json":"{\"k\":\"pass \\\"word\\\"\\\\1\"}"})"), R"({"json":"{\"k\":\"[REDACTED]\"}"})");
    EXPECT_EQ(Redacted("706173732022776f7264225c31"), "[REDACTED]");
    EXPECT_EQ(Redacted("706173732022776F7264225C31"), "[REDACTED]");
    EXPECT_EQ(Redacted("cGFzcyAid29yZCJcMQ=="), "[REDACTED]");
}

TEST(Redaction, TheLongerOfTwoThatOverlapGoesFirst) {
    Hide("abc");
    Hide("abcdef");
    EXPECT_EQ(Redacted("abcdef abcd"), "[REDACTED] [REDACTED]d");
}

TEST(Redaction, AnEmptyValueHidesNothing) {
    Hide("");
    EXPECT_EQ(Redacted("text"), "text");
}

TEST(Redaction, ErrorsAreCleanedInMessageAndRemedy) {
    Hide("hunter2");
    Error error = MakeError(ErrorKind::kInvalidInput, "CAST_INVALID_INPUT", "The value 'hunter2' cannot be cast.");
    error.remedy = "Not hunter2.";
    EXPECT_EQ(Redacted(error).ToString().find("hunter2"), std::string::npos);
}

TEST(Redaction, StartsWhereTheCallerSays) {
    Hide("hunter2");
    std::string row = "hunter2,hunter2";
    Redact(row, 8);
    EXPECT_EQ(row, "hunter2,[REDACTED]");
}

}  // namespace
}  // namespace tarn::secrets
