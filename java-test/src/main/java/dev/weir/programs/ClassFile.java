// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Makes class files: a class without constructor, with so many static methods that do nothing. */
public final class ClassFile {
    private static final int VERSION = 52;
    private static final int PUBLIC = 1;
    private static final int STATIC = 8;
    private static final int SUPER = 0x20;
    private static final int FIRST_METHOD_NAME = 7;

    private ClassFile() {
    }

    /** name: com.example.Foo. */
    public static byte[] of(String name, int methods) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(0xcafebabe);
            out.writeInt(VERSION);
            constants(out, name.replace('.', '/'), methods);
            out.writeShort(PUBLIC | SUPER);
            out.writeShort(1); // this
            out.writeShort(3); // super
            out.writeInt(0); // interfaces, fields
            out.writeShort(methods);
            for (int i = 0; i < methods; i++) {
                method(out, FIRST_METHOD_NAME + i);
            }
            out.writeShort(0); // attributes
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void constants(DataOutputStream out, String name, int methods) throws IOException {
        out.writeShort(FIRST_METHOD_NAME + methods);
        reference(out, 2);
        text(out, name);
        reference(out, 4);
        text(out, "java/lang/Object");
        text(out, "Code");
        text(out, "()V");
        for (int i = 0; i < methods; i++) {
            text(out, "m" + i);
        }
    }

    private static void reference(DataOutputStream out, int name) throws IOException {
        out.writeByte(7);
        out.writeShort(name);
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        out.writeByte(1);
        out.writeUTF(text);
    }

    private static void method(DataOutputStream out, int name) throws IOException {
        out.writeShort(PUBLIC | STATIC);
        out.writeShort(name);
        out.writeShort(6); // ()V
        out.writeShort(1); // attributes
        out.writeShort(5); // Code
        out.writeInt(13);
        out.writeInt(0); // stack, locals
        out.writeInt(1); // length of the code
        out.writeByte(0xb1); // return
        out.writeInt(0); // exceptions, attributes
    }
}
