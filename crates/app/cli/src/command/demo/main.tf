# The school's production, as its Terraform folder describes it.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "us-east-1"
}

resource "aws_vpc" "school" {
  cidr_block = "10.20.0.0/16"
}

resource "aws_subnet" "school" {
  count      = 2
  vpc_id     = aws_vpc.school.id
  cidr_block = "10.20.${count.index}.0/24"
}

resource "aws_security_group" "database" {
  name   = "course-management-db"
  vpc_id = aws_vpc.school.id
}

resource "aws_db_subnet_group" "school" {
  name       = "course-management"
  subnet_ids = aws_subnet.school[*].id
}

resource "aws_db_instance" "course_management_prod" {
  identifier              = "course-management-prod"
  engine                  = "postgres"
  engine_version          = "16.4"
  instance_class          = "db.t3.medium"
  allocated_storage       = 100
  db_subnet_group_name    = aws_db_subnet_group.school.name
  vpc_security_group_ids  = [aws_security_group.database.id]
  backup_retention_period = 7
  skip_final_snapshot     = true
}

resource "aws_ecs_cluster" "school" {
  name = "course-management"
}
