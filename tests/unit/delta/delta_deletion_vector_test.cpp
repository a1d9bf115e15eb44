#include "delta/deletion_vector.h"

#include "support.h"

namespace tarn::delta {
namespace {

// As Spark stores six rows inline.
const DeletionVectorDescriptor kInline{'i', "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L", std::nullopt, 44,
                                       6};

std::vector<uint64_t> Every(uint64_t step, uint64_t count, uint64_t from = 0) {
    std::vector<uint64_t> rows;
    for (uint64_t i = 0; i < count; i++) rows.push_back(from + i * step);
    return rows;
}

TEST(Z85, MatchesTheProtocol) {
    EXPECT_EQ(Z85Encode(std::string_view("\x86\x4F\xD2\x6F\xB5\x59\xF7\x5B", 8)), "HelloWorld");
    EXPECT_EQ(*Z85Decode("HelloWorld"), std::string("\x86\x4F\xD2\x6F\xB5\x59\xF7\x5B", 8));
    for (size_t size = 0; size < 20; size++) {
        std::string bytes(size, '\xfe');
        auto decoded = Z85Decode(Z85Encode(bytes));
        ASSERT_TRUE(decoded);
        EXPECT_EQ(decoded->substr(0, size), bytes);
    }
    EXPECT_FALSE(Z85Decode("Hell\""));
    EXPECT_FALSE(Z85Decode("#####")) << "more than 32 bits";
}

TEST(Z85, HashesAtTheStartOfTheLastGroupCountTheBytesItLacks) {
    EXPECT_EQ(*Z85Decode("HelloWorld##093"), std::string("\x86\x4F\xD2\x6F\xB5\x59\xF7\x5B\x03\x00", 10));
    EXPECT_EQ(*Z85Decode("###30"), "\xff");
    EXPECT_FALSE(Z85Decode("###31")) << "more than a byte";
    EXPECT_FALSE(Z85Decode("##093Hello")) << "not the last group";
}

TEST(Z85, TakesALastGroupPaddedWithHashes) {
    // Three bytes in four characters, written with and without the padding.
    std::string full = Z85Encode("abc");
    for (std::string text : {full, full.substr(0, 4) + "#", full.substr(0, 4)}) {
        auto decoded = Z85Decode(text);
        ASSERT_TRUE(decoded) << text;
        EXPECT_EQ(decoded->substr(0, 3), "abc") << text;
    }
}

TEST(DeletionVector, ReadsWhatSparkWrote) {
    storage::MemoryStore store;
    auto vector = ReadDeletionVector(store, kRoot, kInline);
    ASSERT_TRUE(vector) << vector.error().ToString();
    EXPECT_EQ(vector->Rows(), (std::vector<uint64_t>{3, 4, 7, 11, 18, 29}));
    EXPECT_TRUE(vector->Contains(29));
    EXPECT_FALSE(vector->Contains(28));
    EXPECT_EQ(vector->Max(), 29);
}

TEST(DeletionVector, RoundTripsEveryContainerKind) {
    std::vector<std::vector<uint64_t>> cases = {
        {}, {0}, {65535, 65536}, Every(1, 5000), Every(3, 30000), Every(2, 40000), Every(70000, 100),
        {1, uint64_t{1} << 32, (uint64_t{5} << 32) + 7, INT64_MAX - 1}};
    for (const std::vector<uint64_t> &rows : cases) {
        DeletionVector vector = DeletionVector::Of(rows);
        auto parsed = DeletionVector::Parse(vector.Serialize(), "test");
        ASSERT_TRUE(parsed) << parsed.error().ToString();
        EXPECT_EQ(parsed->Rows(), rows);
        EXPECT_EQ(parsed->Cardinality(), rows.size());
    }
}

TEST(DeletionVector, UnionAddsRows) {
    DeletionVector a = DeletionVector::Of({1, 2, uint64_t{1} << 33});
    DeletionVector b = a.Clone();
    b.Add(9);
    b.Union(DeletionVector::Of({2, 3}));
    EXPECT_EQ(b.Rows(), (std::vector<uint64_t>{1, 2, 3, 9, uint64_t{1} << 33}));
    EXPECT_EQ(a.Cardinality(), 3u) << "a clone is a copy";
}

TEST(DeletionVector, SelectsTheRowsThatRemain) {
    uint64_t boundary = uint64_t{1} << 32;
    DeletionVector vector = DeletionVector::Of({0, 2, 3, 2048, 4095, boundary - 1, boundary + 1});
    auto kept = [&](uint64_t first, uint32_t count) {
        std::vector<uint32_t> out(count);
        out.resize(vector.SelectKept(first, count, out.data()));
        return out;
    };
    EXPECT_EQ(kept(0, 6), (std::vector<uint32_t>{1, 4, 5}));
    EXPECT_EQ(kept(2048, 3), (std::vector<uint32_t>{1, 2}));
    EXPECT_EQ(kept(4, 3), (std::vector<uint32_t>{0, 1, 2}));
    EXPECT_EQ(kept(boundary - 2, 5), (std::vector<uint32_t>{0, 2, 4}));
    EXPECT_EQ(kept(3 * boundary, 2), (std::vector<uint32_t>{0, 1}));
    EXPECT_TRUE(kept(0, 0).empty());
}

TEST(DeletionVectorFile, HoldsSeveralVectors) {
    storage::MemoryStore store;
    DeletionVector a = DeletionVector::Of({1, 3, 5}), b = DeletionVector::Of(Every(7, 10000));
    auto descriptors = WriteDeletionVectors(store, kRoot, {&a, &b});
    ASSERT_TRUE(descriptors);
    ASSERT_EQ(descriptors->size(), 2u);
    EXPECT_EQ((*descriptors)[0].offset, 1);
    EXPECT_EQ((*descriptors)[0].path_or_inline.size(), 20u);
    EXPECT_EQ((*descriptors)[1].offset, 1 + 8 + (*descriptors)[0].size_in_bytes);
    EXPECT_EQ((*descriptors)[1].cardinality, 10000);
    EXPECT_EQ(ReadDeletionVector(store, kRoot, (*descriptors)[0])->Rows(), a.Rows());
    EXPECT_EQ(ReadDeletionVector(store, kRoot, (*descriptors)[1])->Rows(), b.Rows());
    auto files = store.List(kRoot);
    ASSERT_EQ(files->size(), 1u) << "one file for both";
    EXPECT_EQ((*store.Read(files->front().path))[0], 1) << "format version";
    // The same vector by its absolute path.
    DeletionVectorDescriptor absolute = (*descriptors)[1];
    absolute.storage_type = 'p';
    absolute.path_or_inline = "file://" + files->front().path;
    EXPECT_EQ(ReadDeletionVector(store, kRoot, absolute)->Cardinality(), 10000u);
    EXPECT_EQ(ReadDeletionVector(store, kRoot, InlineDescriptor(b))->Rows(), b.Rows());
}

TEST(DeletionVectorFile, FindsTheProtocolsPath) {
    storage::MemoryStore store;
    DeletionVectorDescriptor descriptor{'u', "ab^-aqEH.-t@S}K{vb[*k^", 4, 40, 6};
    auto missing = ReadDeletionVector(store, kRoot, descriptor);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().condition, "DELTA_FILE_NOT_FOUND");
    EXPECT_NE(missing.error().message.find(kRoot + "/ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin"),
              std::string::npos) << missing.error().message;
}

TEST(DeletionVectorFile, ChecksWhatItReads) {
    storage::MemoryStore store;
    DeletionVector vector = DeletionVector::Of({1, 3, 5});
    DeletionVectorDescriptor good = WriteDeletionVectors(store, kRoot, {&vector})->front();
    std::string path = store.List(kRoot)->front().path;
    std::string bytes = *store.Read(path);
    auto error = [&](DeletionVectorDescriptor descriptor) {
        auto read = ReadDeletionVector(store, kRoot, descriptor);
        return read ? "ok" : read.error().condition;
    };
    DeletionVectorDescriptor bad = good;
    bad.cardinality = 4;
    EXPECT_EQ(error(bad), "DELTA_DELETION_VECTOR_CARDINALITY_MISMATCH");
    bad = good;
    bad.size_in_bytes = 5;
    EXPECT_EQ(error(bad), "DELTA_DELETION_VECTOR_SIZE_MISMATCH");
    bad = good;
    bad.offset = -7;
    EXPECT_EQ(error(bad), "DELTA_DELETION_VECTOR_CORRUPT");
    bad.offset = INT32_MAX;
    EXPECT_EQ(error(bad), "DELTA_DELETION_VECTOR_CORRUPT");
    bad = good;
    bad.path_or_inline = "../" + good.path_or_inline;
    EXPECT_EQ(error(bad), "DELTA_DELETION_VECTOR_CORRUPT");
    bad.path_or_inline = "short";
    EXPECT_EQ(error(bad), "DELTA_DELETION_VECTOR_CORRUPT");
    bad = kInline;
    bad.size_in_bytes = 400;
    EXPECT_EQ(error(bad), "DELTA_DELETION_VECTOR_CORRUPT");
    bytes[bytes.size() - 6] ^= 1;
    ASSERT_TRUE(store.Put(path, bytes));
    EXPECT_EQ(error(good), "DELTA_DELETION_VECTOR_CHECKSUM_MISMATCH");
}

TEST(DeletionVector, SurvivesDamage) {
    std::mt19937_64 dice(99);
    std::vector<std::string> texts;
    for (const std::vector<uint64_t> &rows : {Every(1, 3), Every(1, 5000), Every(3, 30000), Every(70000, 20)}) {
        texts.push_back(DeletionVector::Of(rows).Serialize());
    }
    int accepted = 0;
    for (int i = 0; i < 20000; i++) {
        std::string bytes = texts[dice() % texts.size()];
        int changes = 1 + static_cast<int>(dice() % 3);
        for (int c = 0; c < changes; c++) {
            // Mostly in the headers, where the lengths are.
            size_t at = dice() % (dice() % 4 == 0 ? bytes.size() : std::min<size_t>(bytes.size(), 64));
            if (dice() % 5 == 0) bytes.resize(at); else bytes[at] = static_cast<char>(dice());
            if (bytes.empty()) break;
        }
        auto parsed = DeletionVector::Parse(bytes, "test");
        if (!parsed) continue;
        accepted++;
        EXPECT_EQ(parsed->Rows().size(), parsed->Cardinality()) << "what is accepted is sound";
    }
    EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace tarn::delta
