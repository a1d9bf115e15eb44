#include "storage/path.h"

#include <gtest/gtest.h>

namespace tarn::storage {
namespace {

TEST(PercentEncoding, RoundTripsAwkwardNames) {
    for (std::string name : {"a b#c%d?.parquet", "p=2024-01-01 10:00:00/x", "ü/ж.parquet", "special p@#h", "%41"}) {
        EXPECT_EQ(PercentDecode(PercentEncode(name)), name);
    }
    EXPECT_EQ(PercentEncode("day=1/part-0.c000.parquet"), "day=1/part-0.c000.parquet");
    EXPECT_EQ(PercentEncode("a b:c"), "a%20b%3Ac");
}

TEST(PercentEncoding, LeavesBrokenEscapesAlone) {
    EXPECT_EQ(PercentDecode("100%"), "100%");
    EXPECT_EQ(PercentDecode("%2"), "%2");
    EXPECT_EQ(PercentDecode("%zz%41"), "%zzA");
}

TEST(CanonicalPath, GivesOneSpelling) {
    for (std::string text : {"/lake/t", "/lake/./t/", "/lake//t", "/lake/x/../t", "file:/lake/t", "file:///lake/t",
                             "FILE:///lake/%74", "file://localhost/lake/t"}) {
        Result<std::string> path = CanonicalPath(text);
        ASSERT_TRUE(path) << text;
        EXPECT_EQ(*path, "/lake/t") << text;
    }
    EXPECT_EQ(*CanonicalPath("/a%20b"), "/a%20b") << "a plain path is taken literally";
    EXPECT_EQ(*CanonicalPath("s3://bucket/key/"), "s3://bucket/key");
    EXPECT_TRUE(CanonicalPath("relative/t")->ends_with("/relative/t"));
    EXPECT_FALSE(CanonicalPath(""));
    EXPECT_FALSE(CanonicalPath("file://host"));
    EXPECT_FALSE(CanonicalPath("/../x"));
}

TEST(ResolveActionPath, KeepsFilesInsideTheTable) {
    EXPECT_EQ(*ResolveActionPath("/t", "p=a%20b/f.parquet"), "/t/p=a b/f.parquet");
    EXPECT_EQ(*ResolveActionPath("/t", "file:///other/f%23.parquet"), "/other/f#.parquet");
    EXPECT_EQ(*ResolveActionPath("/t", "/other/f.parquet"), "/other/f.parquet");
    EXPECT_EQ(*ResolveActionPath("/t", "a/../f.parquet"), "/t/f.parquet");
    EXPECT_EQ(*ResolveActionPath("/t", "day=1..2/f.parquet"), "/t/day=1..2/f.parquet");
    EXPECT_EQ(*ResolveActionPath("/t", "t=10:00:00/f.parquet"), "/t/t=10:00:00/f.parquet");
    for (std::string text : {"../f.parquet", "a/../../f.parquet", "%2e%2e/f.parquet", "..", "", "a%00b"}) {
        EXPECT_FALSE(ResolveActionPath("/t", text)) << text;
    }
}

TEST(ActionPathKey, AllFormsOfOneFileAreEqual) {
    for (std::string text : {"/p/f 1.parquet", "file:/p/f%201.parquet", "file:///p/f%201.parquet", "/p/f%201.parquet"}) {
        EXPECT_EQ(ActionPathKey("/t", text), "/p/f 1.parquet") << text;
    }
    for (std::string text : {"f.parquet", "/t/f.parquet", "file:///t/f.parquet", "./f.parquet", "%66.parquet"}) {
        EXPECT_EQ(ActionPathKey("/t", text), "f.parquet") << text;
    }
    EXPECT_EQ(ActionPathKey("/t", "/tt/f.parquet"), "/tt/f.parquet");
}

}  // namespace
}  // namespace tarn::storage
