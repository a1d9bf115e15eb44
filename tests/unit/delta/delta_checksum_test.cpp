#include "delta/checksum.h"

#include "support.h"

namespace tarn::delta {
namespace {

const std::string kPath = kRoot + "/_delta_log/00000000000000000003.crc";

// A table with a vector, a stream's progress and a domain at version 3.
struct SummedTable : TestTable {
    SummedTable() {
        Create({}, true);
        Append("p=1/a", "1");
        Append("p=2/b", "2");
        Transaction transaction(store, Load());
        transaction.MaskRows(*transaction.snapshot()->files[0], DeletionVector::Of({0, 2}));
        transaction.SetApplication("flow", 7);
        transaction.SetDomain({"my.domain", "{\"a\":1}", false});
        EXPECT_TRUE(transaction.Commit({.operation = "DELETE"}));
    }
};

TEST(Checksum, SaysWhatTheVersionAddsUpTo) {
    SummedTable table;
    SnapshotPtr snapshot = table.Load();
    ASSERT_TRUE(WriteChecksum(table.store, *snapshot));
    std::string text = *table.store.Read(kPath);
    EXPECT_EQ(text.back(), '\n');
    EXPECT_EQ(text.find("\"tableSizeBytes\":200,\"numFiles\":2,\"numDeletedRecordsOpt\":2,\"numDeletionVectorsOpt\":1,\"numMetadata\":1,\"numProtocol\":1"),
              text.find("\"tableSizeBytes\"")) << text;
    EXPECT_NE(text.find("\"setTransactions\":[{\"appId\":\"flow\",\"version\":7"), std::string::npos) << text;
    EXPECT_NE(text.find("\"domainMetadata\":[{\"domain\":\"my.domain\""), std::string::npos) << text;
    auto back = ReadChecksum(table.log, 3);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->txn_id, snapshot->commit_txn_id);
    EXPECT_FALSE(snapshot->commit_txn_id.empty());
    EXPECT_EQ(Disagreement(*back, ChecksumOf(*snapshot)), "");
    EXPECT_EQ(back->transactions->size(), 1u);
    EXPECT_EQ(back->domains->at(0).configuration, "{\"a\":1}");
    EXPECT_EQ(table.Load()->checksum_disagreement, "");
}

TEST(Checksum, IsTheSameHoweverTheSnapshotCameAbout) {
    SummedTable table;
    SnapshotPtr fresh = table.Load();
    SnapshotPtr followed = table.Load(std::nullopt, table.Load(1));
    EXPECT_EQ(ToJson(ChecksumOf(*fresh)), ToJson(ChecksumOf(*followed)));
    ASSERT_TRUE(WriteCheckpoint(table.store, *fresh, table.io, NowMs()));
    table.Append("p=1/c", "1");
    EXPECT_EQ(Disagreement(ChecksumOf(*table.Load()), ChecksumOf(*table.Load(std::nullopt, followed))), "");
}

TEST(Checksum, OneThatDisagreesIsReportedAndChangesNothing) {
    SummedTable table;
    VersionChecksum wrong = ChecksumOf(*table.Load());
    wrong.files = 9;
    wrong.metadata.configuration["x"] = "y";
    ASSERT_TRUE(table.store.Put(kPath, ToJson(wrong)));
    SnapshotPtr snapshot = table.Load();
    EXPECT_EQ(snapshot->checksum_disagreement, "numFiles is 2, not 9, the metadata is another");
    EXPECT_EQ(snapshot->files.size(), 2u);
    // Whoever wrote first stands.
    ASSERT_TRUE(WriteChecksum(table.store, *snapshot));
    EXPECT_EQ(ReadChecksum(table.log, 3)->files, 9);
}

TEST(Checksum, DamageIsAsIfItWereNotThere) {
    SummedTable table;
    std::string good = ToJson(ChecksumOf(*table.Load()));
    std::mt19937_64 dice(3);
    for (int i = 0; i < 2000; i++) {
        std::string text = i < 20 ? good.substr(0, good.size() * static_cast<size_t>(i) / 20) : Mutate(good, dice);
        ASSERT_TRUE(table.store.Put(kPath, text));
        auto parsed = ParseChecksum(text, kPath);
        bool orderly = parsed || parsed.error().kind == ErrorKind::kCorrupt || parsed.error().kind == ErrorKind::kUnsupported;
        EXPECT_TRUE(orderly) << parsed.error().ToString();
        SnapshotPtr snapshot = table.Load();
        ASSERT_TRUE(snapshot);
        ASSERT_EQ(snapshot->files.size(), 2u);
    }
}

TEST(Checksum, SparksIsRead) {
    auto sum = ParseChecksum(
        R"({"txnId":"0b3d","tableSizeBytes":10,"numFiles":1,"numDeletedRecordsOpt":0,"numDeletionVectorsOpt":0,"numMetadata":1,)"
        R"("numProtocol":1,"setTransactions":[],"domainMetadata":[],"metadata":{"id":"m","format":{"provider":"parquet","options":{}},)"
        R"("schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}}]}",)"
        R"("partitionColumns":[],"configuration":{"delta.enableDeletionVectors":"true"},"createdTime":1},"protocol":{"minReaderVersion":3,)"
        R"("minWriterVersion":7,"readerFeatures":["deletionVectors"],"writerFeatures":["deletionVectors","invariants","appendOnly"]},)"
        R"("histogramOpt":{"sortedBinBoundaries":[0,8192],"fileCounts":[1,0],"totalBytes":[10,0]},"allFiles":[]})", "x.crc");
    ASSERT_TRUE(sum) << sum.error().ToString();
    EXPECT_EQ(sum->metadata.schema, DataType::Struct({{"id", DataType::Of(TypeKind::kLong)}}));
    EXPECT_TRUE(sum->protocol.HasWriterFeature("invariants"));
    EXPECT_EQ(sum->masked_rows, 0);
}

}  // namespace
}  // namespace tarn::delta
