// An S3Store against scripted answers: what it asks, and what it makes of lost, late and wrong answers.
#include "storage/s3_store.h"

#include <gtest/gtest.h>

#include <functional>

#include "storage/internal/s3_client.h"

namespace tarn::storage {
namespace {

class S3StoreTest : public testing::Test {
protected:
    void SetUp() override {
        S3Client::Hooks hooks;
        hooks.transport = [this](const HttpRequest &request) -> HttpResult {
            std::lock_guard lock(mutex_);
            seen_.push_back(request.method + " " + request.url.substr(request.url.find('/', 8)));
            urls_.push_back(request.url);
            headers_.push_back(request.headers);
            bodies_.emplace_back(request.body);
            if (answers_.empty()) return std::unexpected(HttpFault{true, true, "the script is over"});
            auto answer = std::move(answers_.front());
            answers_.erase(answers_.begin());
            return answer(request);
        };
        hooks.sources.env = [](const char *name) {
            std::string key = name;
            return std::string(key == "AWS_ACCESS_KEY_ID" ? "AKIDSECRET" : key == "AWS_SECRET_ACCESS_KEY" ? "VERYSECRET" : "");
        };
        hooks.sources.read_file = [](const std::string &) { return std::nullopt; };
        hooks.sleep = [this](int64_t ms) { slept_.push_back(ms); };
        hooks.dice = [] { return 0.5; };
        S3Config config;
        config.region = "us-east-1";
        config.profile = "default";
        config.retry.attempts = 4;
        store_ = std::make_unique<S3Store>(std::make_unique<S3Client>(config, AwsProfiles(), hooks), true);
        config.endpoint = "http://127.0.0.1:1";
        config.path_style = true;
        other_ = std::make_unique<S3Store>(std::make_unique<S3Client>(config, AwsProfiles(), hooks), false);
    }

    using Headers = std::vector<std::pair<std::string, std::string>>;
    void Answer(int status, std::string body = "", Headers headers = {}) {
        answers_.push_back([=](const HttpRequest &request) {
            HttpResponse response{.status = status, .headers = headers, .body = body};
            if (request.into != nullptr && status < 300) {
                response.received = std::min(body.size(), request.into_size);
                std::copy_n(body.begin(), response.received, request.into);
            }
            return response;
        });
    }
    void Fault(bool reached) {
        answers_.push_back([=](const HttpRequest &) { return std::unexpected(HttpFault{reached, false, "connection reset"}); });
    }
    static std::string Refusal(const std::string &code) { return "<Error><Code>" + code + "</Code><Message>told</Message><AWSAccessKeyId>AKIDSECRET</AWSAccessKeyId></Error>"; }

    std::mutex mutex_;
    std::vector<std::function<HttpResult(const HttpRequest &)>> answers_;
    std::vector<std::string> seen_, urls_, bodies_;
    std::vector<std::vector<std::string>> headers_;
    std::vector<int64_t> slept_;
    std::unique_ptr<S3Store> store_, other_;
};

TEST_F(S3StoreTest, NamesHostsAndKeys) {
    for (int i = 0; i < 3; i++) Answer(200, "x");
    EXPECT_TRUE(store_->Read("s3://lake/a b/c+d%.json"));
    EXPECT_EQ(urls_[0], "https://lake.s3.us-east-1.amazonaws.com/a%20b/c%2Bd%25.json");
    EXPECT_TRUE(store_->Read("s3://my.lake/k"));
    EXPECT_EQ(urls_[1], "https://s3.us-east-1.amazonaws.com/my.lake/k");
    EXPECT_TRUE(other_->Read("s3://lake/k"));
    EXPECT_EQ(urls_[2], "http://127.0.0.1:1/lake/k");
}

TEST_F(S3StoreTest, TriesAgainAndWaitsAsTold) {
    Answer(500, "", {});
    Answer(503, Refusal("SlowDown"), {{"retry-after", "2"}});
    Fault(false);
    Answer(200, "bytes");
    EXPECT_EQ(*store_->Read("s3://lake/k"), "bytes");
    EXPECT_EQ(slept_, (std::vector<int64_t>{50, 2000, 200}));
}

TEST_F(S3StoreTest, GivesUpInTheEnd) {
    for (int i = 0; i < 9; i++) Answer(503, Refusal("SlowDown"));
    auto read = store_->Read("s3://lake/k");
    EXPECT_EQ(read.error().kind, ErrorKind::kIo);
    EXPECT_NE(read.error().message.find("4 times, at last: HTTP 503 SlowDown: told."), std::string::npos) << read.error().message;
    EXPECT_EQ(seen_.size(), 4u);
    EXPECT_EQ(store_->Put("s3://lake/k", "x").error().kind, ErrorKind::kIo) << "refused every time: it did not happen";
}

TEST_F(S3StoreTest, ConditionalPut) {
    Answer(200);
    EXPECT_EQ(*store_->PutIfAbsent("s3://lake/k", "x"), PutOutcome::kWritten);
    EXPECT_EQ(headers_[0].at(0), "If-None-Match: *");
    Answer(412, Refusal("PreconditionFailed"));
    EXPECT_EQ(*store_->PutIfAbsent("s3://lake/k", "x"), PutOutcome::kExists);
    Answer(409, Refusal("ConditionalRequestConflict"));
    Answer(200);
    EXPECT_EQ(*store_->PutIfAbsent("s3://lake/k", "x"), PutOutcome::kWritten);
    Answer(503, Refusal("SlowDown"));
    Answer(412, Refusal("PreconditionFailed"));
    EXPECT_EQ(*store_->PutIfAbsent("s3://lake/k", "x"), PutOutcome::kExists) << "a refused sending did not write it";
    Fault(false);
    Answer(412, Refusal("PreconditionFailed"));
    EXPECT_EQ(*store_->PutIfAbsent("s3://lake/k", "x"), PutOutcome::kExists) << "one that never arrived neither";
}

TEST_F(S3StoreTest, ALostAnswerOfAConditionalPutIsUnknown) {
    for (int kind = 0; kind < 3; kind++) {
        if (kind == 0) Fault(true);
        if (kind == 1) Answer(500, Refusal("InternalError"));
        if (kind == 2) {
            answers_.push_back([](const HttpRequest &) { return HttpResponse{.status = 412, .sent_twice = true}; });
        } else {
            Answer(412, Refusal("PreconditionFailed"));
        }
        EXPECT_EQ(store_->PutIfAbsent("s3://lake/k", "x").error().kind, ErrorKind::kUnknownOutcome) << kind;
    }
    Fault(true);
    Answer(200);
    EXPECT_EQ(*store_->PutIfAbsent("s3://lake/k", "x"), PutOutcome::kWritten) << "absent until now, so the first did not write it";
    for (int i = 0; i < 4; i++) Fault(true);
    EXPECT_EQ(store_->PutIfAbsent("s3://lake/k", "x").error().kind, ErrorKind::kUnknownOutcome);
    for (int i = 0; i < 4; i++) Fault(false);
    EXPECT_EQ(store_->PutIfAbsent("s3://lake/k", "x").error().kind, ErrorKind::kIo);
}

TEST_F(S3StoreTest, RefusesAServerThatIgnoresConditions) {
    Answer(200);
    Answer(200);  // The second must have been 412.
    Answer(204);
    auto put = other_->PutIfAbsent("s3://lake/t/_delta_log/1.json", "x");
    EXPECT_EQ(put.error().condition, "FEATURE_NOT_SUPPORTED");
    EXPECT_EQ(seen_.size(), 3u) << "nothing was written under the name itself";
    EXPECT_TRUE(seen_[2].starts_with("DELETE /lake/t/_delta_log/.tarn-probe-"));
    Answer(200);
    Answer(412);
    Answer(204);
    Answer(200);
    EXPECT_EQ(*other_->PutIfAbsent("s3://lake/t/_delta_log/1.json", "x"), PutOutcome::kWritten);
    Answer(200);
    EXPECT_EQ(*other_->PutIfAbsent("s3://lake/t/_delta_log/2.json", "x"), PutOutcome::kWritten);
    EXPECT_EQ(seen_.size(), 8u) << "tried out once";
}

TEST_F(S3StoreTest, ListsPageByPage) {
    Answer(200, "<L><IsTruncated>true</IsTruncated><NextContinuationToken>t/1=</NextContinuationToken><Contents><Key>t/</Key><Size>0</Size></Contents>"
                "<Contents><Key>t/a&amp;</Key><Size>5</Size><LastModified>2024-01-01T00:00:00.500Z</LastModified></Contents></L>");
    Answer(200, "<L><IsTruncated>false</IsTruncated><Contents><Key>t/b</Key><Size>6</Size><LastModified>2024-01-01T00:00:01Z</LastModified></Contents></L>");
    auto listed = store_->List("s3://lake/t", {.start_after = "9"});
    ASSERT_EQ(listed->size(), 2u);
    EXPECT_EQ((*listed)[0].path, "s3://lake/t/a&");
    EXPECT_EQ((*listed)[0].modified_ms, 1704067200000) << "whole seconds, as HEAD tells them";
    EXPECT_EQ((*listed)[1].size, 6);
    EXPECT_EQ(seen_[0], "GET /?delimiter=%2F&list-type=2&max-keys=1000&prefix=t%2F&start-after=t%2F9");
    EXPECT_EQ(seen_[1], "GET /?continuation-token=t%2F1%3D&delimiter=%2F&list-type=2&max-keys=1000&prefix=t%2F");
}

TEST_F(S3StoreTest, Ranges) {
    Answer(206, "345");
    EXPECT_EQ(*store_->ReadRange("s3://lake/k", 3, 3), "345");
    EXPECT_EQ(headers_[0].at(0), "Range: bytes=3-5");
    Answer(206, "3");
    EXPECT_EQ(store_->ReadRange("s3://lake/k", 3, 3).error().kind, ErrorKind::kCorrupt);
    Answer(416, Refusal("InvalidRange"));
    EXPECT_EQ(store_->ReadRange("s3://lake/k", 30, 3).error().kind, ErrorKind::kCorrupt);
    Answer(404, Refusal("NoSuchKey"));
    EXPECT_EQ(store_->ReadRange("s3://lake/k", 3, 3).error().condition, "PATH_NOT_FOUND");
    Answer(200, "", {{"content-length", "10"}});
    EXPECT_EQ(store_->ReadRange("s3://lake/k", 0, uint64_t{1} << 40).error().kind, ErrorKind::kCorrupt) << "no buffer for a damaged length";
}

TEST_F(S3StoreTest, UploadsInParts) {
    std::string part(size_t{8} << 20, 'p');
    Answer(200, "<R><UploadId>up/1</UploadId></R>");
    for (int i = 0; i < 2; i++) Answer(200, "", {{"etag", "\"e\""}});
    Answer(200, "<CompleteMultipartUploadResult/>");
    auto writer = store_->Create("s3://lake/big");
    ASSERT_TRUE((*writer)->Append(part) && (*writer)->Append("end"));
    auto finished = (*writer)->Finish();
    ASSERT_TRUE(finished) << finished.error().ToString();
    EXPECT_EQ(seen_[0], "POST /big?uploads=");
    EXPECT_EQ(seen_[3], "POST /big?uploadId=up%2F1");
    EXPECT_NE(bodies_[3].find("<PartNumber>2</PartNumber><ETag>&quot;e&quot;</ETag>"), std::string::npos);
    EXPECT_TRUE(store_->MakeDurable({"s3://lake/big"}, ""));
    EXPECT_EQ(seen_.size(), 4u) << "it is known to be there";
}

TEST_F(S3StoreTest, AnUploadThatFailsIsTakenBack) {
    std::string part(size_t{8} << 20, 'p');
    Answer(200, "<R><UploadId>u</UploadId></R>");
    Answer(403, Refusal("AccessDenied"));
    Answer(204);
    auto writer = store_->Create("s3://lake/big");
    (void)(*writer)->Append(part);
    EXPECT_FALSE((*writer)->Finish());
    writer->reset();
    EXPECT_EQ(seen_.back(), "DELETE /big?uploadId=u");

    // 200, and yet a failure: S3 answers before it knows.
    Answer(200, "<R><UploadId>u</UploadId></R>");
    Answer(200, "", {{"etag", "e"}});
    Answer(200, Refusal("InternalError"));
    Answer(204);
    writer = store_->Create("s3://lake/big");
    ASSERT_TRUE((*writer)->Append(part));
    EXPECT_FALSE((*writer)->Finish());
    writer->reset();

    // The completion's answer was lost, its second sending finds the upload gone: the object is there.
    Answer(200, "<R><UploadId>u</UploadId></R>");
    Answer(200, "", {{"etag", "e"}});
    Fault(true);
    Answer(404, Refusal("NoSuchUpload"));
    Answer(200, "", {{"content-length", std::to_string(part.size())}});
    writer = store_->Create("s3://lake/big");
    ASSERT_TRUE((*writer)->Append(part));
    EXPECT_TRUE((*writer)->Finish());
}

TEST_F(S3StoreTest, DeletesInBatchesOrOneByOne) {
    Answer(200, "<DeleteResult/>");
    EXPECT_TRUE(store_->DeleteMany({"s3://lake/a", "s3://lake/b&"}));
    EXPECT_EQ(seen_[0], "POST /?delete=");
    EXPECT_NE(bodies_[0].find("<Key>b&amp;</Key>"), std::string::npos);
    EXPECT_EQ(headers_[0].at(1).substr(0, 22), "x-amz-checksum-crc32: ");
    Answer(501, Refusal("NotImplemented"));
    Answer(204);
    Answer(204);
    EXPECT_TRUE(store_->DeleteMany({"s3://lake/a", "s3://lake/b"}));
    EXPECT_EQ(seen_.size(), 4u);
    Answer(200, "<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code></Error></DeleteResult>");
    EXPECT_NE(store_->DeleteMany({"s3://lake/a", "s3://lake/b"}).error().message.find("s3://lake/a failed: AccessDenied"), std::string::npos);
}

TEST_F(S3StoreTest, LearnsABucketsRegion) {
    Answer(301, Refusal("PermanentRedirect"), {{"x-amz-bucket-region", "eu-west-3"}});
    Answer(200, "x");
    Answer(200, "y");
    EXPECT_TRUE(store_->Read("s3://lake/k"));
    EXPECT_TRUE(store_->Read("s3://lake/k"));
    EXPECT_EQ(urls_[1], "https://lake.s3.eu-west-3.amazonaws.com/k");
    EXPECT_EQ(urls_[2], urls_[1]) << "and keeps it in mind";
}

TEST_F(S3StoreTest, ErrorsSayWhatAndKeepSecrets) {
    Answer(403, Refusal("AccessDenied"));
    Error denied = store_->Read("s3://lake/k").error();
    EXPECT_EQ(denied.condition, "UNAUTHORIZED_ACCESS");
    EXPECT_EQ(denied.message, "Reading s3://lake/k failed: HTTP 403 AccessDenied: told.");
    EXPECT_EQ(denied.ToString().find("SECRET"), std::string::npos);
    Answer(404, Refusal("NoSuchBucket"));
    EXPECT_EQ(store_->List("s3://lake/k").error().message, "The bucket lake of s3://lake/k does not exist.");
    EXPECT_EQ(store_->Read("s3://lake").error().condition, "PATH_NOT_FOUND");
}

}  // namespace
}  // namespace tarn::storage
