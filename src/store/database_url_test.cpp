#include "store/database_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringback::store {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string error_of(std::string_view url) {
  const auto parsed = parse_database_url(url);
  return parsed ? "no error" : parsed.error().message;
}

TEST(DatabaseUrl, ReadsAServersUrl) {
  const auto url =
      parse_database_url("mysql://crm%40x:p%40ss%2F%25@db.example.com:3307/dial%20er?ssl-ca=/etc/ca.pem");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->kind, DatabaseKind::kMysql);
  EXPECT_EQ(url->user, "crm@x");
  EXPECT_EQ(url->password, "p@ss/%");
  EXPECT_EQ(url->host, "db.example.com");
  EXPECT_EQ(url->port, 3307);
  EXPECT_EQ(url->database, "dial er");
  EXPECT_EQ(url->options.at("ssl-ca"), "/etc/ca.pem");
}

TEST(DatabaseUrl, KnowsDefaultsAliasesAndIpv6) {
  EXPECT_EQ(parse_database_url("mariadb://u@h/d")->port, 3306);
  EXPECT_EQ(parse_database_url("postgres://u@h/d")->kind, DatabaseKind::kPostgresql);
  const auto url =
      parse_database_url("postgresql://u:p@[::1]:6000/d?sslmode=verify-full&sslrootcert=%2Fca.pem");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 6000);
  EXPECT_EQ(url->options.at("sslrootcert"), "/ca.pem");
  EXPECT_EQ(parse_database_url("sqlite:a folder/x?y@z.db")->path, "a folder/x?y@z.db");
  EXPECT_EQ(parse_database_url("sqlite:///var/x.db")->path, "/var/x.db");
}

TEST(DatabaseUrl, SaysWhatIsWrongWithoutThePassword) {
  EXPECT_THAT(error_of("oracle://scott:tiger@host/db"),
              ::testing::AllOf(HasSubstr("\"oracle\""), Not(HasSubstr("tiger"))));
  EXPECT_THAT(error_of("sqlite:"), HasSubstr("needs a path"));
  EXPECT_THAT(error_of("mysql://u:tiger@h"), HasSubstr("name of the database"));
  EXPECT_THAT(error_of("mysql://u:tiger/x@h/d"),
              ::testing::AllOf(HasSubstr("port"), Not(HasSubstr("tiger"))));
  EXPECT_THAT(error_of("mysql://u:ti%ger@h/d"), ::testing::AllOf(HasSubstr("%25"), Not(HasSubstr("ger"))));
  EXPECT_THAT(error_of("mysql://u:p@/d"), HasSubstr("host is missing"));
  EXPECT_THAT(error_of("mysql:u:p@h/d"), HasSubstr("//user"));
  EXPECT_THAT(error_of("mysql://u:p@h/d?sslmode=require"), HasSubstr("known are ssl-ca"));
  EXPECT_THAT(error_of("mysql://u:p@h/d?ssl-mode=verify-identity"), HasSubstr("ssl-mode must be disabled"));
  EXPECT_THAT(error_of("postgresql://u:p@h/d?password=x"), HasSubstr("unknown option"));
  for (const char* url : {"", ":", "mysql", "mysql://", "mysql://@", "mysql://[", "mysql://[::1",
                          "mysql://h:0/d", "mysql://h:99999/d", "mysql://h/%00", "postgresql://h/d?host=%"}) {
    EXPECT_FALSE(parse_database_url(url)) << url;
  }
}

TEST(DatabaseUrl, HidesThePasswordFromPeople) {
  EXPECT_EQ(without_password("mysql://crm:s3cret@db:3306/dialer"), "mysql://crm:***@db:3306/dialer");
  EXPECT_EQ(without_password("mysql://crm:s3@cr:et/@db/dialer?ssl-ca=x"),
            "mysql://crm:***@db/dialer?ssl-ca=x");
  EXPECT_EQ(without_password("postgresql://crm@db/dialer"), "postgresql://crm@db/dialer");
  EXPECT_EQ(without_password("sqlite:data/a:b@c.db"), "sqlite:data/a:b@c.db");
  EXPECT_EQ(without_password("crm:s3cret"), "crm");
}

}  // namespace
}  // namespace ringback::store
