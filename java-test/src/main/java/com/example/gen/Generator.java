// SPDX-License-Identifier: Apache-2.0
package com.example.gen;

import dev.weir.programs.ClassFile;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.RichMapFunction;

/** As an engine of rules does: each is compiled into a class of its own. */
public final class Generator extends RichMapFunction<Long, Long> {
    private static final long serialVersionUID = 1L;

    private final int methods;
    private transient List<Class<?>> rules;
    private transient RuleLoader loader;

    public Generator(int methods) {
        this.methods = methods;
    }

    private static final class RuleLoader extends ClassLoader {
        RuleLoader(ClassLoader parent) {
            super(parent);
        }

        Class<?> define(String name, byte[] file) {
            return defineClass(name, file, 0, file.length);
        }
    }

    @Override
    public Long map(Long value) {
        if (rules == null) {
            rules = new ArrayList<>();
            loader = new RuleLoader(Generator.class.getClassLoader());
        }
        String name = "com.example.rules.Rule_" + value;
        rules.add(loader.define(name, ClassFile.of(name, methods)));
        return value;
    }
}
