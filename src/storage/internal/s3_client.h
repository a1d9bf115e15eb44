// storage/internal/s3_client.h: one S3 request, signed, sent as often as is safe and sensible.
//
// Threads: any. Nothing here logs; errors carry S3's code and message, never keys or signed text.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.h"
#include "storage/internal/aws_config.h"
#include "storage/internal/aws_credentials.h"
#include "storage/http.h"

namespace tarn::storage {

struct S3Place {
    std::string bucket;
    std::string key;  // May be empty: the bucket itself.
};

// "s3://bucket/key". REQUIRES: IsS3Path.
S3Place PlaceOf(std::string_view path);

struct S3Call {
    std::string method = "GET";
    S3Place place;
    std::vector<std::pair<std::string, std::string>> query;  // Not encoded; sorted by name.
    std::vector<std::string> headers;
    std::string_view body;  // Borrowed.
    char *into = nullptr;
    size_t into_size = 0;
    bool changes = false;   // Whether a lost answer leaves in doubt what the bucket holds.
    int attempts = 0;       // 0: as the configuration says.
};

struct S3Answer {
    HttpResponse response;
    bool uncertain = false;  // An earlier sending of the request may have been carried out.
    bool Ok() const { return response.status >= 200 && response.status < 300; }
};

class S3Client {
public:
    struct Hooks {  // What tests replace.
        HttpTransport transport;
        AwsSources sources;
        std::function<void(int64_t ms)> sleep;
        std::function<double()> dice;  // [0, 1)

        static Hooks OfProcess();
    };
    S3Client(S3Config config, AwsProfiles profiles, Hooks hooks);

    // The answer, whatever its status, unless it says that trying again would help and trying did not.
    // Errors: kIo; kUnknownOutcome where `changes` and some sending may have been carried out; UNAUTHORIZED_ACCESS.
    Result<S3Answer> Do(const S3Call &call);

    // The answer's status as an error. `what`: "Reading", "Writing".
    static Error ErrorOf(const S3Answer &answer, const std::string &what, const S3Place &place);
    // "s3://bucket/key", for messages.
    static std::string Name(const S3Place &place);

private:
    std::string UrlOf(const S3Call &call, const std::string &region) const;
    std::string RegionOf(const std::string &bucket);
    // Whether the bucket turned out to lie in another region, which is remembered.
    bool LearnRegion(const S3Call &call, const HttpResponse &response, const std::string &used);

    S3Config config_;
    Hooks hooks_;
    CredentialChain credentials_;
    std::mutex mutex_;
    std::map<std::string, std::string> regions_;  // By bucket; those that differ from the configuration's.
};

}  // namespace tarn::storage
