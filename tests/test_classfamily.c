/* SPDX-License-Identifier: Apache-2.0 */
/* test_classfamily.c: names of classes to their families. */
#include "model/classfamily.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"

struct row {
    const char           *name, *family;
    enum classfamily_kind kind;
};

static void check(const struct row *rows, size_t count)
{
    struct classfamily f;
    for (size_t i = 0; i < count; i++) {
        classfamily_of(rows[i].name, &f);
        if (strcmp(f.name, rows[i].family) != 0 || f.kind != rows[i].kind)
            printf("\n    %s: %s %s", rows[i].name, classfamily_kind_name(f.kind), f.name);
        CU_ASSERT_STRING_EQUAL(f.name, rows[i].family);
        CU_ASSERT_EQUAL(f.kind, rows[i].kind);
        CU_ASSERT_EQUAL(f.len, strlen(f.name));
    }
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof((rows)[0]))

static void classfamily_of_generated_classes_drops_what_differs(void)
{
    static const struct row rows[] = {
        { "jdk.proxy12.$Proxy34", "jdk.proxy*.$Proxy*", CLASSFAMILY_PROXY },
        { "com/sun/proxy/$Proxy7", "com.sun.proxy.$Proxy*", CLASSFAMILY_PROXY },
        { "com.acme2.$Proxy7", "com.acme2.$Proxy*", CLASSFAMILY_PROXY },
        { "jdk.MHProxy3.$MHProxy1", "jdk.MHProxy*.$MHProxy*", CLASSFAMILY_METHOD_HANDLE },
        { "com.acme.Job$$Lambda$14/0x0000000800c03000", "com.acme.*$$Lambda*", CLASSFAMILY_LAMBDA },
        { "Lcom/acme/Job$$Lambda.0x0000000800c03000;", "com.acme.*$$Lambda*", CLASSFAMILY_LAMBDA },
        { "com/acme/Other$$Lambda", "com.acme.*$$Lambda*", CLASSFAMILY_LAMBDA },
        { "Job$$Lambda$1", "*$$Lambda*", CLASSFAMILY_LAMBDA },
        { "com.acme.Job$$StringConcat/0x00007f0000c03000", "com.acme.*$$StringConcat*", CLASSFAMILY_METHOD_HANDLE },
        { "Ljava/lang/invoke/LambdaForm$DMH.0x00007f0000c03000;", "java.lang.invoke.LambdaForm$*", CLASSFAMILY_METHOD_HANDLE },
        { "java/lang/invoke/LambdaForm$MH", "java.lang.invoke.LambdaForm$*", CLASSFAMILY_METHOD_HANDLE },
        { "java.lang.invoke.BoundMethodHandle$Species_LLL", "java.lang.invoke.BoundMethodHandle$Species_*",
          CLASSFAMILY_METHOD_HANDLE },
        { "jdk.internal.reflect.GeneratedMethodAccessor17", "jdk.internal.reflect.GeneratedMethodAccessor*", CLASSFAMILY_REFLECTION },
        { "StreamExecCalc$27", "StreamExecCalc$*", CLASSFAMILY_GENERATED },
        { "org.apache.calcite.rel.metadata.janino.GeneratedMetadata_RowCountHandler",
          "org.apache.calcite.rel.metadata.janino.GeneratedMetadata*", CLASSFAMILY_GENERATED },
        { "Script12", "Script*", CLASSFAMILY_GROOVY },
        { "com.acme.Script3$_run_closure2", "com.acme.Script3$_run_closure*", CLASSFAMILY_GROOVY },
        { "com.acme.Order$$EnhancerByCGLIB$$1f2e3d", "com.acme.Order$$EnhancerBy*", CLASSFAMILY_WOVEN },
        { "com.acme.Order$ByteBuddy$xK3a", "com.acme.Order$ByteBuddy$*", CLASSFAMILY_WOVEN },
        { "com.acme.Rule_17", "com.acme.Rule_*", CLASSFAMILY_NUMBERED },
        { "Lcom/acme/gen/Calc4x12;", "com.acme.gen.Calc*x*", CLASSFAMILY_NUMBERED },
    };
    CHECK(rows);
}

static void classfamily_of_written_classes_is_their_package(void)
{
    static const struct row rows[] = {
        { "com.acme.Order", "com.acme.*", CLASSFAMILY_PLAIN },
        { "Lcom/acme/Order$Line;", "com.acme.*", CLASSFAMILY_PLAIN },
        { "com.acme.Order$1", "com.acme.*", CLASSFAMILY_PLAIN },
        { "com.acme.Order$12", "com.acme.*", CLASSFAMILY_PLAIN },
        { "com.acme.v2.Order", "com.acme.v2.*", CLASSFAMILY_PLAIN },
        { "com.acme.Base64Codec", "com.acme.*", CLASSFAMILY_PLAIN },
        { "com.acme.Hidden/0x0000000800c03000", "com.acme.*", CLASSFAMILY_PLAIN },
        { "java.lang.invoke.LambdaForm$Name", "java.lang.invoke.*", CLASSFAMILY_PLAIN },
        { "java.lang.invoke.LambdaForm$NamedFunction", "java.lang.invoke.*", CLASSFAMILY_PLAIN },
        { "Order", "*", CLASSFAMILY_PLAIN },
        { "ScriptEngine", "*", CLASSFAMILY_PLAIN },
        { "", "*", CLASSFAMILY_PLAIN },
        { "[Lcom/acme/Order;", "arrays", CLASSFAMILY_ARRAY },
        { "[[I", "arrays", CLASSFAMILY_ARRAY },
    };
    CHECK(rows);
}

static void classfamily_of_a_long_name_is_cut(void)
{
    char               name[1000];
    struct classfamily f;
    memset(name, 'a', sizeof name);
    name[sizeof name - 1] = '\0';
    classfamily_of(name, &f);
    CU_ASSERT_STRING_EQUAL(f.name, "*");
    memcpy(name + 100, "$$Lambda", 8);
    classfamily_of(name, &f);
    CU_ASSERT_EQUAL(f.kind, CLASSFAMILY_LAMBDA);
    for (int i = 0; i < 998; i += 2)
        memcpy(name + i, "a7", 2);
    name[998] = '\0';
    classfamily_of(name, &f);
    CU_ASSERT_TRUE(f.len < CLASSFAMILY_NAME_MAX && strlen(f.name) == f.len);
}

static void classfamily_kinds_have_names(void)
{
    CU_ASSERT_STRING_EQUAL(classfamily_kind_name(CLASSFAMILY_METHOD_HANDLE), "method handle");
    CU_ASSERT_STRING_EQUAL(classfamily_kind_name(CLASSFAMILY_KIND_COUNT), "");
}

SUITE(classfamily, NULL, NULL, CASE(classfamily_of_generated_classes_drops_what_differs),
      CASE(classfamily_of_written_classes_is_their_package), CASE(classfamily_of_a_long_name_is_cut),
      CASE(classfamily_kinds_have_names));
