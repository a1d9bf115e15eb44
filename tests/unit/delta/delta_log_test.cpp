#include "delta/log.h"

#include "support.h"

namespace tarn::delta {
namespace {

struct LogFiles {
    storage::MemoryStore store;
    Log log{store, kRoot};

    void Touch(const std::string &name, const std::string &bytes = "x") {
        ASSERT_TRUE(store.Put(kRoot + "/_delta_log/" + name, bytes));
    }
    void Commits(int64_t from, int64_t to) {
        for (int64_t v = from; v <= to; v++) ASSERT_TRUE(store.Put(log.CommitPath(v), "{}"));
    }
    // "cp=10 11 12" or the error's class.
    std::string Segment(std::optional<int64_t> version = std::nullopt) {
        auto segment = log.ListSegment(version);
        if (!segment) return segment.error().condition;
        std::string out = segment->checkpoint ? "cp=" + std::to_string(segment->checkpoint->version) : "cp=none";
        for (const CommitFile &commit : segment->commits) out += " " + std::to_string(commit.version);
        return out;
    }
};

constexpr char kTen[] = "00000000000000000010";

TEST(Log, StartsAtZeroWithoutCheckpoint) {
    LogFiles files;
    EXPECT_EQ(files.Segment(), "DELTA_MISSING_DELTA_TABLE");
    EXPECT_FALSE(*files.log.Exists());
    files.Touch("_commits/x");
    files.Touch("0.json");
    EXPECT_EQ(files.Segment(), "DELTA_MISSING_DELTA_TABLE");
    files.Commits(0, 3);
    EXPECT_EQ(files.Segment(), "cp=none 0 1 2 3");
    EXPECT_EQ(files.Segment(1), "cp=none 0 1");
    EXPECT_EQ(files.Segment(4), "DELTA_VERSION_NOT_FOUND");
    EXPECT_EQ(files.Segment(-1), "DELTA_VERSION_NOT_FOUND");
    EXPECT_TRUE(*files.log.Exists());
}

TEST(Log, UsesTheNewestCompleteCheckpoint) {
    LogFiles files;
    files.Commits(0, 12);
    files.Touch(std::string(kTen) + ".checkpoint.parquet");
    EXPECT_EQ(files.Segment(), "cp=10 11 12");
    EXPECT_EQ(files.Segment(10), "cp=10");
    EXPECT_EQ(files.Segment(9).substr(0, 9), "cp=none 0");
    files.Touch("00000000000000000011.checkpoint.0000000001.0000000002.parquet");
    EXPECT_EQ(files.Segment(), "cp=10 11 12") << "one of two parts is no checkpoint";
    files.Touch("00000000000000000011.checkpoint.0000000002.0000000002.parquet");
    EXPECT_EQ(files.Segment(), "cp=11 12");
    files.Touch("00000000000000000012.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json");
    EXPECT_EQ(files.Segment(), "cp=12");
    EXPECT_EQ(files.log.ListSegment()->checkpoint->format, CheckpointFormat::kV2Json);
    files.Touch("00000000000000000012.checkpoint.parquet", "");
    EXPECT_EQ(files.log.ListSegment()->checkpoint->format, CheckpointFormat::kV2Json) << "an empty file is none";
    EXPECT_EQ(files.log.ListSegment(std::nullopt, 10)->checkpoint->version, 10);
}

TEST(Log, HintSavesTheListingButIsNotTrusted) {
    LogFiles files;
    files.Commits(0, 12);
    files.Touch(std::string(kTen) + ".checkpoint.parquet");
    for (std::string hint : {R"({"version":10,"size":5})", R"({"version":11,"size":5})", R"({"version":500})",
                             R"({"version":-3})", R"({"version":"x"})", "", "{", "\xff\xfe"}) {
        files.Touch("_last_checkpoint", hint);
        EXPECT_EQ(files.Segment(), "cp=10 11 12") << hint;
        EXPECT_EQ(files.Segment(3), "cp=none 0 1 2 3") << hint;
    }
}

TEST(Log, ReadsALogOfCheckpointsOnly) {
    LogFiles files;
    files.Touch(std::string(kTen) + ".checkpoint.parquet");
    EXPECT_EQ(files.Segment(), "cp=10");
    files.Commits(11, 12);
    EXPECT_EQ(files.Segment(), "cp=10 11 12");
    EXPECT_EQ(files.Segment(9), "DELTA_VERSION_NOT_FOUND");
}

TEST(Log, NamesWhatIsMissing) {
    LogFiles files;
    files.Commits(0, 1);
    files.Commits(3, 4);
    EXPECT_EQ(files.Segment(), "DELTA_VERSIONS_NOT_CONTIGUOUS");
    EXPECT_NE(files.log.ListSegment().error().message.find("00000000000000000002.json"), std::string::npos);
    EXPECT_EQ(files.Segment(1), "cp=none 0 1") << "an older version is whole";
    LogFiles late;
    late.Commits(5, 6);
    EXPECT_EQ(late.Segment(), "DELTA_TRUNCATED_TRANSACTION_LOG");
    LogFiles hole;
    hole.Touch(std::string(kTen) + ".checkpoint.parquet");
    hole.Commits(12, 13);
    EXPECT_EQ(hole.Segment(), "DELTA_VERSIONS_NOT_CONTIGUOUS");
}

TEST(Log, IgnoresCompactedAndForeignFiles) {
    LogFiles files;
    files.Commits(0, 3);
    for (std::string name : {"00000000000000000001.00000000000000000003.compacted.json", "00000000000000000002.crc",
                             "00000000000000000009.json.tmp", ".00000000000000000009.json", "99999999999999999999.json",
                             "0000000000000000000x.json", "00000000000000000003.checkpoint.0.0.parquet"}) {
        files.Touch(name);
    }
    EXPECT_EQ(files.Segment(), "cp=none 0 1 2 3");
    EXPECT_EQ(files.log.ListCommitsAfter(1)->size(), 2u);
    EXPECT_EQ(files.log.ListCommitsAfter(3)->size(), 0u);
    EXPECT_EQ(files.log.ListAllCommits()->size(), 4u);
}

TEST(Log, OneWriterGetsAVersion) {
    LogFiles files;
    EXPECT_EQ(*files.log.TryCommit(0, "{}\n"), CommitOutcome::kCommitted);
    EXPECT_EQ(*files.log.TryCommit(0, "{\"a\":1}\n"), CommitOutcome::kVersionTaken);
    EXPECT_EQ(*files.log.ReadCommit(0), "{}\n");
    EXPECT_EQ(files.log.ReadCommit(1).error().kind, ErrorKind::kNotFound);
}

}  // namespace
}  // namespace tarn::delta
